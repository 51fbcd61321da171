// The audit log against the drop copy, the life of an order, and the seal: what was changed is named.
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "postmortem/audit_test_support.h"
#include "verifiers/audit_diff.h"
#include "verifiers/audit_seal.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;
using namespace crashwright::verifiers;

namespace {

const std::string kKey = "a key of 16 bytes or more";

AuditRecord log_record(uint64_t sequence, AuditRecordType type, uint32_t order, uint32_t quantity, uint64_t session) {
  AuditRecord record{};
  record.sequence = sequence;
  record.wall_ns = 1'000'000 * sequence;
  record.type = type;
  record.user_ref = order;
  record.quantity = quantity;
  record.session_sequence = session;
  record.price_ticks = 1'000'000;
  record.symbol.assign("AAPL");
  record.side = 'B';
  return record;
}

ExchangeEvent event(const char* kind, const char* type, uint32_t order, int64_t quantity, uint64_t session) {
  ExchangeEvent event;
  event.kind = kind;
  event.type = type;
  event.user_ref = order;
  event.quantity = quantity;
  event.session_sequence = session;
  event.price_ticks = 1'000'000;
  event.symbol = "AAPL";
  event.leaves = quantity;
  return event;
}

std::vector<AuditRecord> one_filled_order() {
  auto log = std::vector{
      log_record(1, AuditRecordType::kIntentEnter, 7, 300, 0), log_record(2, AuditRecordType::kSent, 7, 300, 0),
      log_record(3, AuditRecordType::kAccepted, 7, 300, 1), log_record(4, AuditRecordType::kExecuted, 7, 100, 2)};
  log[0].feed_sequence = 4711;
  log[2].leaves = 300;
  log[2].exchange_order_id = 91;
  log[3].leaves = 200;
  log[3].match_id = 55;
  return log;
}

std::vector<ExchangeEvent> its_drop_copy() {
  auto copy = std::vector{event("in", "enter", 7, 300, 0), event("out", "accepted", 7, 300, 1),
                          event("out", "executed", 7, 100, 2)};
  copy[1].order_id = 91;
  copy[2].leaves = 200;
  copy[2].match_id = 55;
  return copy;
}

// A log file whose blocks all have right checksums; record `altered` carries another price.
void write_image(const std::string& path, uint64_t records, uint64_t altered) {
  AuditBlockBuilder builder({.salt = 5});
  std::vector<AuditBlock> blocks(2);
  builder.finish(blocks[0], AuditBlockKind::kSegment, 0, 0, 0);
  for (uint64_t i = 1; i <= records; ++i) {
    blocks[1].records[i - 1] = make_record(i);
    blocks[1].records[i - 1].sequence = i;
    if (i == altered) blocks[1].records[i - 1].price_ticks += 1;
  }
  builder.finish(blocks[1], AuditBlockKind::kRecords, records, 0, 1);
  const auto bytes = std::as_bytes(std::span(blocks));
  BOOST_REQUIRE(write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}).has_value());
}

}  // namespace

// Every term of an order, in what the exchange received and in what it sent.
BOOST_AUTO_TEST_CASE(a_term_that_differs_is_a_difference) {
  const std::vector<void (*)(ExchangeEvent&)> changes = {
      [](ExchangeEvent& seen) { seen.symbol = "MSFT"; }, [](ExchangeEvent& seen) { seen.side = "S"; },
      [](ExchangeEvent& seen) { seen.quantity += 1; }, [](ExchangeEvent& seen) { seen.price_ticks += 1; }};
  for (size_t place = 0; place < its_drop_copy().size(); ++place) {
    for (const auto change : changes) {
      auto drop_copy = its_drop_copy();
      change(drop_copy[place]);
      BOOST_TEST(compare_with_drop_copy(one_filled_order(), drop_copy).lines.size() == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_only_the_exchange_decides_is_compared_as_well) {
  const auto only_line = [](size_t place, void (*change)(ExchangeEvent&)) {
    auto log = one_filled_order();
    log.push_back(log_record(5, AuditRecordType::kCancelled, 7, 200, 3));
    log.back().reason = 'U';
    auto copy = its_drop_copy();
    copy.push_back(event("out", "canceled", 7, 200, 3));
    copy.back().leaves = 0;
    copy.back().reason = "U";
    BOOST_TEST(compare_with_drop_copy(log, copy).lines.empty());
    change(copy[place]);
    const auto lines = compare_with_drop_copy(log, copy).lines;
    BOOST_REQUIRE(lines.size() == 1U);
    return lines.front().substr(lines.front().find("the log says"));
  };
  BOOST_TEST(only_line(1, [](ExchangeEvent& seen) { seen.order_id = 92; }) ==
             "the log says exchange order 91, the exchange 92");
  BOOST_TEST(only_line(1, [](ExchangeEvent& seen) { seen.leaves = 299; }) == "the log says 300 left, the exchange 299");
  BOOST_TEST(only_line(2, [](ExchangeEvent& seen) { seen.leaves = 0; }) == "the log says 200 left, the exchange 0");
  BOOST_TEST(only_line(2, [](ExchangeEvent& seen) { seen.match_id = 56; }) == "the log says match 55, the exchange 56");
  BOOST_TEST(only_line(3, [](ExchangeEvent& seen) { seen.leaves = 1; }) == "the log says 0 left, the exchange 1");
  BOOST_TEST(only_line(3, [](ExchangeEvent& seen) { seen.reason = "Z"; }) == "the log says reason U, the exchange Z");
}

// A message that was set aside and a replacement that was rejected leave the order as it was.
BOOST_AUTO_TEST_CASE(an_order_has_left_what_the_last_answer_that_counts_says) {
  auto log = one_filled_order();
  log.push_back(log_record(5, AuditRecordType::kReconciliationDifference, 7, 100, 3));
  BOOST_TEST(explain_order(log, 7).find(", 200 left, last heard: executed") != std::string::npos);
  log.push_back(log_record(6, AuditRecordType::kIntentReplace, 8, 50, 0));
  log.back().original_user_ref = 7;
  log.push_back(log_record(7, AuditRecordType::kRejected, 8, 0, 4));
  BOOST_TEST(explain_order(log, 7).find(", 200 left, last heard: rejected") != std::string::npos);
  log.push_back(log_record(8, AuditRecordType::kReplaced, 9, 50, 5));
  log.back().original_user_ref = 7;
  log.back().leaves = 50;
  BOOST_TEST(explain_order(log, 7).find(", 50 left, last heard: replaced") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_replace_names_the_order_that_it_replaces) {
  auto log = std::vector{log_record(1, AuditRecordType::kIntentReplace, 9, 300, 0)};
  log[0].original_user_ref = 7;
  auto drop_copy = std::vector{event("in", "replace", 9, 300, 0)};
  drop_copy[0].original_user_ref = 7;
  BOOST_TEST(compare_with_drop_copy(log, drop_copy).lines.empty());
  drop_copy[0].original_user_ref = 8;
  BOOST_TEST(compare_with_drop_copy(log, drop_copy).lines.size() == 1U);
}

// A replaced order whose shares are not known, and a rejected one that was a replace: only what a record says counts.
BOOST_AUTO_TEST_CASE(terms_that_a_log_says_it_does_not_know_are_counted_and_no_difference) {
  auto log = std::vector{log_record(1, AuditRecordType::kIntentReplace, 16, 0, 0),
                         log_record(2, AuditRecordType::kIntentEnter, 17, 0, 0)};
  log[0].original_user_ref = 7;
  log[1].price_ticks = 0;
  log[1].side = 0;
  log[1].symbol.assign("");
  auto drop_copy = std::vector{event("in", "replace", 16, 400, 0), event("in", "replace", 17, 300, 0)};
  drop_copy[0].original_user_ref = 7;
  drop_copy[1].original_user_ref = 9;
  BOOST_TEST(compare_with_drop_copy(log, drop_copy).lines.size() == 2U);
  BOOST_TEST(compare_with_drop_copy(log, drop_copy).terms_unknown == 0U);
  for (AuditRecord& record : log) record.flags = kTermsUnknown;
  const auto found = compare_with_drop_copy(log, drop_copy);
  BOOST_TEST(found.lines.empty());
  BOOST_TEST(found.terms_unknown == 2U);
  BOOST_TEST(explain_order(log, 16).find("terms unknown") != std::string::npos);
  log[0].price_ticks += 1;
  BOOST_TEST(compare_with_drop_copy(log, drop_copy).lines.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_log_that_agrees_with_the_drop_copy_has_no_differences) {
  const auto found = compare_with_drop_copy(one_filled_order(), its_drop_copy());
  BOOST_TEST(found.lines.empty());
  BOOST_TEST(found.orders_compared == 1U);
  BOOST_TEST(found.messages_compared == 2U);
  BOOST_TEST(found.messages_behind == 0U);
}

BOOST_AUTO_TEST_CASE(each_kind_of_difference_is_told_by_itself) {
  const auto only_line = [](std::vector<AuditRecord> log, std::vector<ExchangeEvent> copy) {
    const auto found = compare_with_drop_copy(log, copy);
    BOOST_REQUIRE(found.lines.size() == 1U);
    return found.lines.front();
  };
  auto log = one_filled_order();
  log[3].quantity = 200;
  BOOST_TEST(
      only_line(log, its_drop_copy()) ==
      "record 4, session 2: the exchange sent executed of order 7, 100 AAPL at 100.0000, the log says 200 shares");
  log = one_filled_order();
  log.push_back(log[3]);
  log.back().sequence = 5;
  BOOST_TEST(only_line(log, its_drop_copy()) == "record 5, session 2: this message was applied before");
  log.back().session_sequence = 3;
  BOOST_TEST(only_line(log, its_drop_copy()) == "record 5, session 3: the exchange never sent this message");
  log = one_filled_order();
  log.erase(log.begin() + 2);
  BOOST_TEST(only_line(log, its_drop_copy()).rfind("session 1: the exchange sent accepted of order 7", 0) == 0U);
  auto copy = its_drop_copy();
  copy.push_back(event("in", "cancel", 7, 0, 0));
  copy.back().side = "S";
  copy.back().price_ticks = 0;  // a cancel has no terms of its own
  BOOST_TEST(only_line(one_filled_order(), copy) ==
             "the exchange saw cancel of order 7, AAPL side S: the log has no intent for it");
}

BOOST_AUTO_TEST_CASE(messages_behind_the_end_of_the_log_are_still_to_be_applied_and_no_difference) {
  auto copy = its_drop_copy();
  copy.push_back(event("out", "executed", 7, 200, 3));
  const auto found = compare_with_drop_copy(one_filled_order(), copy);
  BOOST_TEST(found.lines.empty());
  BOOST_TEST(found.messages_behind == 1U);
}

BOOST_AUTO_TEST_CASE(the_life_of_an_order_goes_from_its_cause_to_what_is_left) {
  const std::string life = explain_order(one_filled_order(), 7);
  BOOST_TEST(life.rfind("caused by feed message 4711\n", 0) == 0U);
  BOOST_TEST(life.find("+2000 us") != std::string::npos);
  BOOST_TEST(life.find("filled 100 shares at 100.0000 on average, 200 left, last heard: executed") !=
             std::string::npos);
  BOOST_TEST(explain_order(one_filled_order(), 8).empty());
  auto replaced = one_filled_order();
  replaced.push_back(log_record(5, AuditRecordType::kIntentReplace, 8, 50, 0));
  replaced.back().original_user_ref = 7;
  BOOST_TEST(explain_order(replaced, 8) == explain_order(replaced, 7));
  BOOST_TEST(explain_order({replaced.back()}, 8).find("in doubt") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_seal_names_the_first_altered_record_although_every_checksum_is_right) {
  const ScratchFolder folder;
  const std::string log = folder.file("audit.log");
  write_image(log, 20, 0);
  BOOST_TEST(seal_audit_log(log, kKey).value().sealed == 20U);
  BOOST_TEST(verify_audit_seal(log, kKey).value().first_altered == 0U);
  for (const uint64_t altered : {1U, 13U, 20U}) {
    write_image(log, 20, altered);
    BOOST_TEST(read_audit_log(log).value().damage.empty());
    BOOST_TEST(verify_audit_seal(log, kKey).value().first_altered == altered);
    BOOST_TEST((seal_audit_log(log, kKey).error().kind == ErrorKind::kCorrupt));
  }
  write_image(log, 12, 0);
  BOOST_TEST(verify_audit_seal(log, kKey).value().first_altered == 13U);
  write_image(log, 20, 0);
  BOOST_TEST(verify_audit_seal(log, "another key of enough bytes").value().first_altered == 1U);
}

BOOST_AUTO_TEST_CASE(sealing_again_goes_on_behind_what_is_sealed) {
  const ScratchFolder folder;
  const std::string log = folder.file("audit.log");
  write_image(log, 10, 0);
  BOOST_TEST(seal_audit_log(log, kKey).value().sealed == 10U);
  write_image(log, 25, 0);
  BOOST_TEST(verify_audit_seal(log, kKey).value().first_altered == 0U);
  BOOST_TEST(seal_audit_log(log, kKey).value().sealed == 25U);
  write_image(log, 25, 17);
  BOOST_TEST(verify_audit_seal(log, kKey).value().first_altered == 17U);
}

BOOST_AUTO_TEST_CASE(a_seal_that_is_none_and_a_key_that_is_too_short_are_refused) {
  const ScratchFolder folder;
  const std::string log = folder.file("audit.log");
  write_image(log, 3, 0);
  BOOST_TEST((seal_audit_log(log, "short").error().kind == ErrorKind::kUsage));
  BOOST_TEST(!verify_audit_seal(log, kKey).has_value());
  BOOST_REQUIRE(write_file(log + ".seal", "CWSEAL01xyz").has_value());
  BOOST_TEST((verify_audit_seal(log, kKey).error().kind == ErrorKind::kCorrupt));
}

BOOST_AUTO_TEST_CASE(a_damaged_log_is_not_sealed_anew_nor_further) {
  const ScratchFolder folder;
  const std::string log = folder.file("audit.log");
  write_image(log, 20, 0);
  std::string bytes = read_file(log).value();
  BOOST_REQUIRE(seal_audit_log(log, kKey).has_value());
  const std::string seal = read_file(log + ".seal").value();
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  BOOST_REQUIRE(write_file(log, bytes).has_value());
  BOOST_TEST((seal_audit_log(log, kKey).error().kind == ErrorKind::kCorrupt));
  BOOST_TEST(read_file(log + ".seal").value() == seal);
  BOOST_REQUIRE(std::filesystem::remove(log + ".seal"));
  const auto refused = seal_audit_log(log, kKey);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().message.find("damage at offset 0") != std::string::npos);
  BOOST_TEST(!std::filesystem::exists(log + ".seal"));
}

BOOST_AUTO_TEST_CASE(the_seal_of_a_log_is_one_file_however_the_log_is_spelled) {
  const ScratchFolder folder;
  const std::string log = folder.file("audit.log");
  const std::string name = std::filesystem::path(log).parent_path();
  write_image(log, 20, 0);
  BOOST_TEST(seal_audit_log(name, kKey).value().sealed == 20U);
  BOOST_TEST(std::filesystem::exists(log + ".seal"));
  for (const std::string& spelled : {name, name + "/", log}) {
    BOOST_TEST(audit_seal_path(spelled).value() == log + ".seal");
    BOOST_TEST(verify_audit_seal(spelled, kKey).value().sealed == 20U);
  }
}
