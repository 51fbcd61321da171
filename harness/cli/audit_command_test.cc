// `crashwright audit` from its words to its exit code, on a log that the order journal's own rules made.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/terminal_text.h"
#include "harness/cli/testing/audit_log_on_disk.h"
#include "harness/cli/testing/terminal.h"
#include "postmortem/audit_text.h"

using namespace crashwright;
using namespace crashwright::harness::cli;
using namespace crashwright::harness::cli::testing;
using namespace crashwright::postmortem;

BOOST_AUTO_TEST_CASE(print_shows_what_every_filter_lets_through_in_every_format) {
  const LogOnDisk log(two_orders());
  BOOST_TEST(lines(audit({"print", log.path()}).text) == 5U);
  BOOST_TEST(lines(audit({"print", log.path(), "--from", "2", "--to", "4"}).text) == 3U);
  BOOST_TEST(lines(audit({"print", log.path(), "--since", "2025-11-25T03:12:04Z"}).text) == 2U);
  BOOST_TEST(lines(audit({"print", log.path(), "--order", "1"}).text) == 3U);
  BOOST_TEST(lines(audit({"print", log.path(), "--symbol", "MSFT", "--format", "json"}).text) == 2U);
  BOOST_TEST(lines(audit({"print", log.path(), "--type", "executed", "--format", "csv"}).text) == 2U);
  BOOST_TEST(audit({"print", log.path()}).code == kExitPassed);
}

BOOST_AUTO_TEST_CASE(replay_gives_the_state_at_a_sequence_and_refuses_a_record_that_promises_another) {
  const LogOnDisk log(two_orders());
  const auto all = audit({"replay", log.path()});
  BOOST_TEST(all.code == kExitPassed);
  BOOST_TEST(all.text.find("\"positions\":{\"AAPL\":100}") != std::string::npos);
  BOOST_TEST(audit({"replay", log.path(), "--to", "4"}).text.find("\"positions\":{}") != std::string::npos);
  BOOST_TEST(audit({"replay", log.path(), "--to", "2"}).text.find("\"in_doubt\":[1,2]") != std::string::npos);
  auto forged = two_orders();
  forged[4].quantity = 200;
  BOOST_TEST(audit({"replay", LogOnDisk(forged).path()}).code == kExitBroken);
  for (const auto& [change, text] : std::vector<std::pair<void (*)(AuditRecord&), std::string>>{
           {[](AuditRecord& record) { record.side = 'S'; }, "record 3: the state after it is not the one it promises"},
           {[](AuditRecord& record) { record.state_hash = 0; }, "record 3: it promises no state, as every record does"},
           {[](AuditRecord& record) { record.position_after = 7; },
            "record 3: the position after it is not the one it promises"},
           {[](AuditRecord& record) { record.cash_after_ticks = 7; },
            "record 3: the cash after it is not the one it promises"}}) {
    forged = two_orders();
    change(forged[2]);
    const auto refused = audit({"replay", LogOnDisk(forged).path()});
    BOOST_TEST(refused.code == kExitBroken);
    BOOST_TEST(holds(refused.err, text), refused.err);
  }
}

BOOST_AUTO_TEST_CASE(
    replay_of_a_log_without_state_hashes_says_that_nothing_confirms_the_state_and_refuses_a_mixed_one) {
  auto bare = two_orders();
  for (AuditRecord& record : bare) {
    record.state_hash = 0;
    record.position_after = 0;
    record.cash_after_ticks = 0;
  }
  const auto replayed = audit({"replay", LogOnDisk(bare).path()});
  BOOST_TEST(replayed.code == kExitPassed);
  BOOST_TEST(holds(replayed.text, "\"positions\":{\"AAPL\":100}"), replayed.text);
  BOOST_TEST(replayed.err == "no state hashes in this log; 5 records unverified\n");
  BOOST_TEST(audit({"replay", LogOnDisk(bare).path(), "--to", "1"}).err ==
             "no state hashes in this log; 1 record unverified\n");
  bare[3].state_hash = two_orders()[3].state_hash;
  const auto mixed = audit({"replay", LogOnDisk(bare).path()});
  BOOST_TEST(mixed.code == kExitBroken);
  BOOST_TEST(mixed.err == "record 1: it promises no state, as every record does\n");
}

BOOST_AUTO_TEST_CASE(verify_passes_a_whole_log_and_is_broken_by_damage_and_by_a_gap) {
  LogOnDisk log(two_orders());
  const auto whole = audit({"verify", log.path()});
  BOOST_TEST(whole.code == kExitPassed);
  BOOST_TEST(whole.text ==
             "5 records up to sequence 5, 0 runs, 4 vouched for by later blocks\n"
             "not closed in order: its writer died, or still writes\n"
             "end: nothing beside the log says whether it reached further once\n");
  BOOST_TEST(holds(audit({"verify", LogOnDisk(two_orders(), 1, true).path()}).text, "\nclosed in order\n"));
  auto shifted = two_orders();
  shifted[3].sequence = 9;
  BOOST_TEST(audit({"verify", LogOnDisk(shifted).path()}).code == kExitBroken);
  log.flip(2 * kAuditBlockBytes + 300);
  BOOST_TEST(audit({"verify", log.path()}).code == kExitBroken);
  BOOST_TEST(audit({"print", log.path()}).code == kExitBroken);
}

BOOST_AUTO_TEST_CASE(a_sealed_log_whose_record_was_forged_is_named_by_verify) {
  const LogOnDisk log(two_orders());
  const std::string key = log.file("audit.key");
  BOOST_REQUIRE(write_file(key, "a key of sixteen bytes and more").has_value());
  BOOST_TEST(audit({"seal", log.path(), "--key", key}).code == kExitPassed);
  BOOST_TEST(audit({"verify", log.path(), "--key", key}).code == kExitPassed);
  auto forged = two_orders();
  forged[1].price_ticks += 1;
  const LogOnDisk other(forged);
  BOOST_REQUIRE(write_file(other.path() + ".seal", read_file(log.path() + ".seal").value()).has_value());
  const auto verdict = audit({"verify", other.path(), "--key", key});
  BOOST_TEST(verdict.code == kExitBroken);
  BOOST_TEST(verdict.text.find("record 2 is the first that is not what was sealed") != std::string::npos);
  BOOST_TEST(audit({"seal", other.path(), "--key", key}).code == kExitBroken);
}

BOOST_AUTO_TEST_CASE(explain_takes_the_order_as_a_word_or_an_option) {
  const LogOnDisk log(two_orders());
  const auto life = audit({"explain", log.path(), "1"});
  BOOST_TEST(life.code == kExitPassed);
  BOOST_TEST(life.text.find("filled 100 shares at 100.0000 on average, 100 left") != std::string::npos);
  BOOST_TEST(audit({"explain", log.path(), "--order", "1"}).text == life.text);
  BOOST_TEST(audit({"explain", log.path(), "3"}).code == kExitNothing);
}

BOOST_AUTO_TEST_CASE(diff_ends_with_one_when_the_exchange_saw_another_order) {
  const LogOnDisk log(two_orders());
  const std::string copy = log.file("drop_copy.jsonl");
  BOOST_REQUIRE(write_file(copy, R"({"kind":"in","type":"enter","n":1,"user_ref":9,"quantity":5})"
                                 "\n")
                    .has_value());
  const auto verdict = audit({"diff", log.path(), copy});
  BOOST_TEST(verdict.code == kExitBroken);
  BOOST_TEST(verdict.text.find("the log has no intent for it") != std::string::npos);
  BOOST_TEST(holds(verdict.text, "1 order and 0 messages compared, 4 differences, 0 messages behind"), verdict.text);
}

BOOST_AUTO_TEST_CASE(wrong_words_are_wrong_use) {
  const LogOnDisk log(two_orders());
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"show", "x"},
                                             {"print"},
                                             {"explain", log.path()},
                                             {"explain", log.path(), "x"},
                                             {"explain", log.path(), "0"},
                                             {"explain", log.path(), "1", "--order", "2"},
                                             {"print", log.path(), "--order", "0"},
                                             {"print", log.path(), "--until", "2600-01-01"},
                                             {"print", log.path(), "--until", "2026-02-31"},
                                             {"seal", log.path()},
                                             {"print", log.path(), "--since", "yesterday"}}) {
    BOOST_TEST(audit(words).code == kExitUsage);
  }
}

BOOST_AUTO_TEST_CASE(a_log_that_is_not_there_is_wrong_use_for_every_action) {
  const ScratchFolder folder;
  const std::string key = folder.file("audit.key");
  BOOST_REQUIRE(write_file(key, "a key of sixteen bytes and more").has_value());
  for (const std::string& path :
       {folder.file("nosuch/audit.log"), folder.path(), folder.file("audit.log.seg-000002")}) {
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"print", path},
                                                                                       {"replay", path},
                                                                                       {"verify", path},
                                                                                       {"diff", path, key},
                                                                                       {"explain", path, "1"},
                                                                                       {"seal", path, "--key", key}}) {
      const auto refused = audit(words);
      BOOST_TEST(refused.code == kExitUsage, words[0] << " " << path);
      BOOST_TEST(holds(refused.err, "no audit log: "), refused.err);
      BOOST_TEST(holds(refused.err, "name the log's first file"), refused.err);
      BOOST_TEST(refused.text.empty());
    }
  }
  BOOST_TEST(!std::filesystem::exists(folder.file("audit.log.seal")));
}

BOOST_AUTO_TEST_CASE(an_option_that_an_action_has_no_use_for_is_refused_with_those_that_it_takes) {
  const LogOnDisk log(two_orders());
  const auto refused = audit({"verify", log.path(), "--symbol", "AAPL"});
  BOOST_TEST(refused.code == kExitUsage);
  BOOST_TEST(refused.err == "crashwright: audit verify does not take --symbol\n  it takes --key\n");
  BOOST_TEST(audit({"replay", log.path(), "--from=2"}).code == kExitUsage);
  BOOST_TEST(audit({"replay", log.path(), "--format", "json"}).code == kExitUsage);
  BOOST_TEST(audit({"print", log.path(), "--key", log.path()}).code == kExitUsage);
  BOOST_TEST(holds(audit({"diff", log.path(), log.path(), "--to", "3"}).err, "it takes no option"));
  const auto mistyped = audit({"print", log.path(), "--type", "exectued"});
  BOOST_TEST(mistyped.code == kExitUsage);
  BOOST_TEST(holds(mistyped.err, "did you mean \"executed\"?"), mistyped.err);
}

BOOST_AUTO_TEST_CASE(a_damaged_log_is_not_sealed_and_its_flaws_are_told) {
  LogOnDisk log(two_orders());
  const std::string key = log.file("audit.key");
  BOOST_REQUIRE(write_file(key, "a key of sixteen bytes and more").has_value());
  log.flip(2 * kAuditBlockBytes + 300);
  const auto refused = audit({"seal", log.path(), "--key", key});
  BOOST_TEST(refused.code == kExitBroken);
  BOOST_TEST(holds(refused.err, "sequences 2 to 2 are lost or in doubt"), refused.err);
  BOOST_TEST(holds(refused.err, "nothing was sealed"), refused.err);
  BOOST_TEST(!std::filesystem::exists(log.path() + ".seal"));
}

BOOST_AUTO_TEST_CASE(a_log_is_sealed_by_its_folder_and_verified_by_its_name) {
  const LogOnDisk log(two_orders());
  const std::string key = log.file("audit.key");
  BOOST_REQUIRE(write_file(key, "a key of sixteen bytes and more").has_value());
  const auto sealed = audit({"seal", log.file(""), "--key", key});
  BOOST_TEST(sealed.code == kExitPassed);
  BOOST_TEST(sealed.text == "5 records sealed in " + log.path() + ".seal\n");
  BOOST_TEST(audit({"verify", log.path(), "--key", key}).code == kExitPassed);
}

BOOST_AUTO_TEST_CASE(without_its_beginning_a_log_cannot_be_replayed_and_no_record_is_accused) {
  const auto records = two_orders();
  const LogOnDisk log({records.begin() + 2, records.end()}, 3);
  const auto refused = audit({"replay", log.path()});
  BOOST_TEST(refused.code == kExitBroken);
  BOOST_TEST(refused.text.empty());
  BOOST_TEST(holds(refused.err, "the beginning is missing: the log starts at sequence 3"), refused.err);
  BOOST_TEST(!holds(refused.err, "the state after it"), refused.err);
}

BOOST_AUTO_TEST_CASE(a_log_without_its_beginning_is_not_sealed_and_the_reason_is_given) {
  const auto records = two_orders();
  const LogOnDisk log({records.begin() + 2, records.end()}, 3, true);
  const std::string key = log.file("audit.key");
  BOOST_REQUIRE(write_file(key, "a key of sixteen bytes and more").has_value());
  const auto refused = audit({"seal", log.path(), "--key", key});
  BOOST_TEST(refused.code == kExitBroken);
  BOOST_TEST(holds(refused.err, "its beginning is missing, it starts at sequence 3"), refused.err);
  BOOST_TEST(!std::filesystem::exists(log.path() + ".seal"));
}

BOOST_AUTO_TEST_CASE(behind_damage_a_replay_accuses_no_record) {
  LogOnDisk log(two_orders());
  log.flip(kAuditBlockBytes + 300);
  const auto refused = audit({"replay", log.path()});
  BOOST_TEST(refused.code == kExitBroken);
  BOOST_TEST(holds(refused.err, "no state follows from what stands behind the damage"), refused.err);
  BOOST_TEST(!holds(refused.err, "the state after it"), refused.err);
}

BOOST_AUTO_TEST_CASE(on_a_narrow_terminal_a_life_and_damage_are_folded) {
  LogOnDisk log(two_orders());
  log.flip(2 * kAuditBlockBytes + 300);
  const Terminal terminal(60);
  const std::string shown = terminal.shows([&] { (void)audit_command({"explain", log.path(), "1"}); });
  BOOST_TEST(holds(shown, "damage at offset"), shown);
  BOOST_TEST(holds(shown, "filled 100 shares"), shown);
  std::istringstream text(shown);
  for (std::string line; std::getline(text, line);) BOOST_TEST(columns_of(line) <= 61U, line);  // with its \r
}

BOOST_AUTO_TEST_CASE(an_empty_option_is_no_filter_that_lets_everything_through) {
  const LogOnDisk log(two_orders());
  for (const char* const option : {"--since", "--until", "--symbol"}) {
    BOOST_TEST(audit({"print", log.path(), option, ""}).code == kExitUsage, option);
  }
  BOOST_TEST(audit({"verify", log.path(), "--key", ""}).code == kExitUsage);
}

BOOST_AUTO_TEST_CASE(until_a_date_goes_with_that_day) {
  const LogOnDisk log(two_orders());
  BOOST_TEST(lines(audit({"print", log.path(), "--until", "2025-11-25"}).text) == 5U);
  BOOST_TEST(lines(audit({"print", log.path(), "--until", "2025-11-24"}).text) == 0U);
}

BOOST_AUTO_TEST_CASE(print_diff_and_explain_say_that_the_beginning_is_missing) {
  const auto records = two_orders();
  const LogOnDisk log({records.begin() + 2, records.end()}, 3);
  const std::string copy = log.file("drop_copy.jsonl");
  BOOST_REQUIRE(write_file(copy, "").has_value());
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"print", log.path()}, {"diff", log.path(), copy}, {"explain", log.path(), "1"}}) {
    BOOST_TEST(holds(audit(words).err, "the beginning is missing: what is read starts at sequence 3"), words[0]);
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_does_not_fit_may_be_another_one) {
  const LogOnDisk log(two_orders());
  const std::string key = log.file("audit.key");
  BOOST_REQUIRE(write_file(key, "a key of sixteen bytes and more").has_value());
  BOOST_REQUIRE(audit({"seal", log.path(), "--key", key}).code == kExitPassed);
  BOOST_REQUIRE(write_file(key, "another key of sixteen bytes").has_value());
  const auto verdict = audit({"verify", log.path(), "--key", key});
  BOOST_TEST(verdict.code == kExitBroken);
  BOOST_TEST(holds(verdict.text, "or the key is another one"), verdict.text);
}

// None is waited for or read without end.
BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_refused_as_log_segment_seal_key_and_drop_copy) {
  const LogOnDisk log(two_orders());
  const std::string pipe = log.file("pipe");
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"print", pipe},
                                             {"verify", log.path(), "--key", pipe},
                                             {"verify", log.path(), "--key", "/dev/zero"},
                                             {"diff", log.path(), pipe},
                                             {"diff", log.path(), "/dev/zero"}}) {
    const auto refused = audit(words);
    BOOST_TEST(refused.code == kExitUsage);
    BOOST_TEST(holds(refused.err, " is no regular file"), refused.err);
  }
  std::filesystem::rename(pipe, log.path() + ".seal");
  BOOST_TEST(holds(audit({"verify", log.path()}).text, " is no regular file"));
  std::filesystem::rename(log.path() + ".seal", audit_segment_path(log.path(), 2));
  BOOST_TEST(audit({"verify", log.path()}).code == kExitUsage);
}

BOOST_AUTO_TEST_CASE(verify_with_a_key_of_a_log_without_a_seal_is_wrong_use_and_says_what_makes_one) {
  const LogOnDisk log(two_orders());
  const std::string key = log.file("audit.key");
  BOOST_REQUIRE(write_file(key, "a key of sixteen bytes and more").has_value());
  const auto refused = audit({"verify", log.path(), "--key", key});
  BOOST_TEST(refused.code == kExitUsage);
  BOOST_TEST(refused.text.empty());
  BOOST_TEST(refused.err == "crashwright: this log has no seal: " + log.path() +
                                ".seal is not there\n  `crashwright audit seal LOG --key FILE` makes one\n");
}

BOOST_AUTO_TEST_CASE(print_that_selects_nothing_says_so_and_ends_with_four) {
  const LogOnDisk log(two_orders());
  for (const std::vector<std::string>& filter :
       std::vector<std::vector<std::string>>{{"--symbol", "ZZZZ"},
                                             {"--order", "9999"},
                                             {"--from", "5", "--to", "2"},
                                             {"--since", "2030"},
                                             {"--type", "rejected", "--format", "json"},
                                             {"--type", "rejected", "--format", "csv"}}) {
    std::vector<std::string> words = {"print", log.path()};
    words.insert(words.end(), filter.begin(), filter.end());
    const auto nothing = audit(words);
    BOOST_TEST(nothing.code == kExitNothing, filter[0]);
    BOOST_TEST(nothing.err == "no record matches; the log ends at sequence 5\n");
    BOOST_TEST(nothing.text == (filter.back() == "csv" ? audit_csv_header() + "\n" : ""));
  }
}

BOOST_AUTO_TEST_CASE(replay_beyond_the_end_says_where_the_log_ends) {
  const LogOnDisk log(two_orders());
  const auto beyond = audit({"replay", log.path(), "--to", "99999"});
  BOOST_TEST(beyond.code == kExitPassed);
  BOOST_TEST(beyond.err == "the log ends at sequence 5, before --to 99999\n");
  BOOST_TEST(beyond.text == audit({"replay", log.path(), "--to", "5"}).text);
  BOOST_TEST(audit({"replay", log.path(), "--to", "5"}).err.empty());
}
