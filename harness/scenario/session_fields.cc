#include "harness/scenario/field_tables.h"

namespace crashwright::harness {
namespace {

using Target = const FieldTarget&;
using Value = const FieldValue&;

std::vector<std::string> durability_words() { return {"process_death", "power_loss"}; }
std::vector<std::string> order_logging_words() { return {"before_send", "after_send"}; }
std::vector<std::string> limits_words() { return {"default", "tight", "missing"}; }

// What the engine makes of its log and its books.
std::vector<Field> ledger_fields() {
  return {
      {"session", "order_logging", FieldType::kWord, "before_send",
       "durable in the log before it is sent, or sent and then logged: the exchange is the truth then",
       "order_logging: after_send",
       [](Target t, Value v) { t.scenario.session.log_after_send = v.text() == "after_send"; }, order_logging_words},
      {"session", "compare_drop_copy", FieldType::kFlag, "false",
       "the engine compares its books with the exchange's drop copy before it sends anything",
       "compare_drop_copy: true", [](Target t, Value v) { t.scenario.session.compare_drop_copy = v.flag; }},
      {"session", "second_engine", FieldType::kFlag, "false",
       "another engine is started on the same data while the first one trades, and must be turned away",
       "second_engine: true", [](Target t, Value v) { t.scenario.session.second_engine = v.flag; }},
      {"session", "segment_bytes", FieldType::kCount, "the engine's", "size of each file of the audit log",
       "segment_bytes: 65536", [](Target t, Value v) { t.scenario.session.segment_bytes = v.number; }, nullptr, 8192,
       1'000'000'000},
      {"session", "archive_segments", FieldType::kFlag, "false",
       "segments of the audit log below the older of the two snapshots are moved to an archive",
       "archive_segments: true", [](Target t, Value v) { t.scenario.session.archive_segments = v.flag; }},
  };
}

// What keeps the engine from trading when it must not.
std::vector<Field> safeguard_fields() {
  return {
      {"session", "limits", FieldType::kWord, "default", "of the risk gate: default, tight, or a file that is missing",
       "limits: tight",
       [](Target t, Value v) {
         t.scenario.session.limits = v.text() == "tight"     ? Limits::kTight
                                     : v.text() == "missing" ? Limits::kMissing
                                                             : Limits::kDefault;
       },
       limits_words},
      {"session", "configuration", FieldType::kText, "A", "name of the engine's configuration", "configuration: A",
       [](Target t, Value v) { t.scenario.session.configuration = v.text(); }, nullptr, 1, 16},
      {"session", "configuration_later", FieldType::kText, "the same", "of every start after the first",
       "configuration_later: B", [](Target t, Value v) { t.scenario.session.configuration_later = v.text(); }, nullptr,
       1, 16},
      {"session", "restarts_max", FieldType::kCount, "the engine's",
       "starts in a row that lead nowhere, then it refuses", "restarts_max: 3",
       [](Target t, Value v) { t.scenario.session.restarts_max = v.number; }, nullptr, 1, 100},
  };
}

std::vector<Field> exchange_fields() {
  return {
      {"exchange", "cancel_on_disconnect", FieldType::kFlag, "false", "open orders are cancelled when the line drops",
       "cancel_on_disconnect: true", [](Target t, Value v) { t.scenario.exchange.cancel_on_disconnect = v.flag; }},
      {"exchange", "drop_after", FieldType::kCount, "never", "drops the connection once after that many messages",
       "drop_after: 100", [](Target t, Value v) { t.scenario.exchange.drop_after = v.number; }, nullptr, 1,
       100'000'000},
      {"exchange", "delay", FieldType::kDuration, "none", "before each answer", "delay: 200us",
       [](Target t, Value v) { t.scenario.exchange.delay_us = v.number / 1'000; }, nullptr, 1'000, 1'000'000'000},
      {"exchange", "reject_every", FieldType::kCount, "never", "rejects every n-th order", "reject_every: 10",
       [](Target t, Value v) { t.scenario.exchange.reject_every = v.number; }, nullptr, 1, 100'000'000},
      {"exchange", "duplicate_fill", FieldType::kCount, "never", "sends every n-th fill twice", "duplicate_fill: 5",
       [](Target t, Value v) { t.scenario.exchange.duplicate_fill = v.number; }, nullptr, 1, 100'000'000},
      {"exchange", "drop_every", FieldType::kCount, "never", "drops the connection after every n messages",
       "drop_every: 40", [](Target t, Value v) { t.scenario.exchange.drop_every = v.number; }, nullptr, 1, 100'000'000},
      {"exchange", "lose_cancel", FieldType::kCount, "never", "swallows every n-th cancel without an answer",
       "lose_cancel: 3", [](Target t, Value v) { t.scenario.exchange.lose_cancel = v.number; }, nullptr, 1,
       100'000'000},
      {"exchange", "refuse_logins", FieldType::kCount, "none", "turns away so many logins after the first",
       "refuse_logins: 6", [](Target t, Value v) { t.scenario.exchange.refuse_logins = v.number; }, nullptr, 1, 1'000},
      {"exchange", "new_session_after", FieldType::kCount, "never",
       "begins a new session once after that many messages; the old one is gone", "new_session_after: 80",
       [](Target t, Value v) { t.scenario.exchange.new_session_after = v.number; }, nullptr, 1, 100'000'000},
      {"exchange", "break_trade", FieldType::kCount, "never", "breaks every n-th trade afterwards", "break_trade: 7",
       [](Target t, Value v) { t.scenario.exchange.break_trade = v.number; }, nullptr, 1, 100'000'000},
  };
}

}  // namespace

std::vector<Field> session_fields() {
  std::vector<Field> fields = {
      {"session", "messages", FieldType::kCount, "10000", "feed messages to work through", "messages: 2000",
       [](Target t, Value v) { t.scenario.session.messages = v.number; }, nullptr, 1, 100'000'000},
      {"session", "seed", FieldType::kCount, "from the run's seed", "of the generated feed", "seed: 42",
       [](Target t, Value v) { t.scenario.session.seed = v.number; }, nullptr, 1},
      {"session", "symbols", FieldType::kCount, "8", "instruments in the feed", "symbols: 4",
       [](Target t, Value v) { t.scenario.session.symbols = v.number; }, nullptr, 1, 64},
      {"session", "durability", FieldType::kWord, "process_death", "what an order's audit record must survive",
       "durability: power_loss",
       [](Target t, Value v) {
         t.scenario.session.durability = v.text() == "power_loss" ? Durability::kPowerLoss : Durability::kProcessDeath;
       },
       durability_words},
      {"session", "feed_rate", FieldType::kCount, "unlimited", "messages per second", "feed_rate: 10000",
       [](Target t, Value v) { t.scenario.session.feed_rate = v.number; }, nullptr, 1, 1'000'000'000},
      {"session", "checkpoint_every", FieldType::kCount, "the engine's", "audit records between two state checkpoints",
       "checkpoint_every: 100", [](Target t, Value v) { t.scenario.session.checkpoint_every = v.number; }, nullptr, 1,
       100'000'000},
      {"session", "stall_after", FieldType::kDuration, "the engine's", "the watchdog's patience", "stall_after: 300ms",
       [](Target t, Value v) { t.scenario.session.stall_after_ms = v.number / 1'000'000; }, nullptr, 10'000'000,
       60'000'000'000},
      {"session", "kill_switch_at", FieldType::kCount, "never",
       "feed message at which the engine throws its kill switch", "kill_switch_at: 2500",
       [](Target t, Value v) { t.scenario.session.kill_switch_at = v.number; }, nullptr, 1, 100'000'000},
  };
  for (Field& field : ledger_fields()) fields.push_back(std::move(field));
  for (Field& field : safeguard_fields()) fields.push_back(std::move(field));
  for (Field& field : exchange_fields()) fields.push_back(std::move(field));
  return fields;
}

}  // namespace crashwright::harness
