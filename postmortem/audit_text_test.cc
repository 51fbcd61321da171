// Records as text, JSON and CSV, times there and back, and the filter.
#include "postmortem/audit_text.h"

#include <boost/test/unit_test.hpp>

#include "postmortem/audit_test_support.h"

using namespace crashwright::postmortem;

namespace {

AuditRecord fill() {
  AuditRecord record{};
  record.sequence = 42;
  record.type = AuditRecordType::kExecuted;
  record.wall_ns = 1'764'040'320'000'000'001;
  record.user_ref = 17;
  record.symbol.assign("AAPL");
  record.side = 'S';
  record.quantity = 100;
  record.price_ticks = 1'230'500;
  record.position_after = -100;
  record.cash_after_ticks = -5;
  record.match_id = 9;
  record.session_sequence = 33;
  record.account = 3;
  return record;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_fill_is_told_in_one_line) {
  BOOST_TEST(audit_record_to_text(fill()) ==
             "      42  2025-11-25T03:12:00.000000001Z  executed         order 17 S 100 AAPL at 123.0500 match 9"
             " position -100 cash -0.0005 session 33");
}

BOOST_AUTO_TEST_CASE(figures_of_records_without_an_order_are_told_whole_and_by_their_name) {
  constexpr uint64_t kLarge = (uint64_t{1} << 40) + 7;
  AuditRecord record{};
  record.sequence = kLarge + 1;
  record.match_id = kLarge;
  const auto told = [&](AuditRecordType type) {
    record.type = type;
    const std::string text = audit_record_to_text(record);
    return text.substr(text.find("Z  ") + 3);
  };
  BOOST_TEST(told(AuditRecordType::kCheckpoint) == "checkpoint       sequence 1099511627783");
  BOOST_TEST(told(AuditRecordType::kTornTail) == "torn_tail        bytes 1099511627783");
  BOOST_TEST(told(AuditRecordType::kGap) == "gap              messages 1099511627783");
  BOOST_TEST(audit_record_to_json(record).find("\"match_id\":1099511627783,") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(csv_has_a_value_for_each_name_in_its_header) {
  const auto columns = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
  BOOST_TEST(columns(audit_record_to_csv(fill())) == columns(audit_csv_header()));
  BOOST_TEST(audit_record_to_csv(fill()).rfind("42,executed,1764040320000000001,", 0) == 0U);
}

BOOST_AUTO_TEST_CASE(an_order_whose_terms_are_not_known_says_so_in_every_format) {
  AuditRecord record = fill();
  record.flags = kPossibleResend | kTermsUnknown;
  BOOST_TEST(audit_record_to_text(record).find(" possible resend terms unknown") != std::string::npos);
  BOOST_TEST(audit_record_to_json(record).find("\"possible_resend\":true") != std::string::npos);
  BOOST_TEST(audit_record_to_json(record).find("\"terms_unknown\":true}") != std::string::npos);
  BOOST_TEST(audit_record_to_csv(record).ends_with(",1"));
  BOOST_TEST(audit_record_to_csv(fill()).ends_with(",0"));
}

BOOST_AUTO_TEST_CASE(json_names_every_field) {
  const std::string json = audit_record_to_json(fill());
  for (const char* const part :
       {"\"sequence\":42,", "\"type\":\"executed\"", "\"side\":\"S\"", "\"price_ticks\":1230500",
        "\"cash_after_ticks\":-5", "\"possible_resend\":false", "\"account\":3,", "\"terms_unknown\":false}"}) {
    BOOST_TEST(json.find(part) != std::string::npos, part);
  }
}

BOOST_AUTO_TEST_CASE(whatever_bytes_a_record_holds_break_no_format) {
  AuditRecord record = fill();
  record.symbol.assign("A\"B\\,\n\xff");
  record.side = '"';
  BOOST_TEST(audit_record_to_json(record).find(R"("symbol":"A\"B\\,\u000a\u00ff","side":"\"",)") != std::string::npos);
  BOOST_TEST(audit_record_to_csv(record).find(R"(,"A\""B\\,\u000a\u00ff","""",100,)") != std::string::npos);
  BOOST_TEST(audit_record_to_text(record).find(R"(order 17 \" 100 A\"B\\,\u000a\u00ff at)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wall_times_are_read_as_they_are_written_and_by_their_beginnings) {
  const uint64_t at = 1'764'040'320'000'000'001;
  BOOST_TEST(parse_wall_time(wall_time_text(at)).value() == at);
  BOOST_TEST(parse_wall_time("1764040320000000001").value() == at);
  BOOST_TEST(parse_wall_time("2025-11-25T03:12").value() == at - 1);
  BOOST_TEST(parse_wall_time("2025-11-25T03:12:00.5").value() == at - 1 + 500'000'000);
  BOOST_TEST(parse_wall_time("2025-11-25").value() == at - 1 - (3 * 3600 + 12 * 60) * 1'000'000'000ULL);
  BOOST_TEST(parse_wall_time("2026").value() == parse_wall_time("2026-01-01T00:00:00Z").value());
  const uint64_t of_day = 86'400'000'000'000ULL;
  BOOST_TEST(parse_wall_time_end("2025-11-25").value() == parse_wall_time("2025-11-25").value() + of_day - 1);
  BOOST_TEST(parse_wall_time_end("2025-12").value() == parse_wall_time("2026").value() - 1);
  BOOST_TEST(parse_wall_time_end("2024-02").value() == parse_wall_time("2024-03-01").value() - 1);
  BOOST_TEST(parse_wall_time_end("2025").value() == parse_wall_time("2026").value() - 1);
  BOOST_TEST(parse_wall_time_end("2025-11-25T03:12").value() == at - 1);
  BOOST_TEST(parse_wall_time_end("1764040320000000001").value() == at);
  BOOST_TEST(!parse_wall_time_end("2025-02-31").has_value());
  BOOST_TEST(parse_wall_time("2026-11").value() == parse_wall_time("2026-11-01").value());
  BOOST_TEST(parse_wall_time("2024-02-29T03Z").value() == parse_wall_time("2024-02-29T03:00:00.0").value());
  BOOST_TEST(parse_wall_time("2025-11-25").value() < parse_wall_time("2554-07-21T23:34:32.999999999").value());
  for (const char* const nonsense :
       {"", "yesterday", "2025-13-01", "2025-11-25T25:00", "2025-11-25T03:12:00.", "1x", "2600-01-01",
        "2554-07-21T23:34:34", "1969-12-31", "2026-02-31", "2026-02-29", "2026-11-25T-1:00", "2026-11-25T",
        "2026-11-25T03:", "2026-11-", "2026-00", "202-11", "2026-11-25Z", "99999999999999999999"}) {
    BOOST_TEST(!parse_wall_time(nonsense).has_value(), nonsense);
  }
}

BOOST_AUTO_TEST_CASE(the_filter_takes_sequence_time_order_symbol_and_type) {
  const AuditRecord record = fill();
  BOOST_TEST(AuditFilter{}.lets_through(record));
  BOOST_TEST(!AuditFilter{.from_sequence = 43}.lets_through(record));
  BOOST_TEST(!AuditFilter{.to_sequence = 41}.lets_through(record));
  BOOST_TEST(!AuditFilter{.since_ns = record.wall_ns + 1}.lets_through(record));
  BOOST_TEST(!AuditFilter{.until_ns = record.wall_ns - 1}.lets_through(record));
  BOOST_TEST(AuditFilter{.order = 17}.lets_through(record));
  BOOST_TEST(!AuditFilter{.order = 18}.lets_through(record));
  BOOST_TEST(!AuditFilter{.symbol = "MSFT"}.lets_through(record));
  BOOST_TEST(AuditFilter{.types = {"executed"}}.lets_through(record));
  BOOST_TEST(!AuditFilter{.types = {"accepted"}}.lets_through(record));
  BOOST_TEST((AuditFilter{.types = {"accepted", "executed"}}.lets_through(record)));
}
