// What `crashwright audit` takes for a log, a drop copy and types of records, and what it says where there is none.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/terminal_text.h"
#include "harness/cli/testing/audit_log_on_disk.h"

using namespace crashwright;
using namespace crashwright::harness::cli;
using namespace crashwright::harness::cli::testing;

BOOST_AUTO_TEST_CASE(a_folder_without_a_log_gets_those_named_that_lie_at_most_three_folders_below_it) {
  const LogOnDisk log(two_orders());
  const ScratchFolder folder;
  const auto put = [&](const std::string& below) {
    std::filesystem::create_directories(folder.file(below));
    std::filesystem::copy_file(log.path(), folder.file(below + "/audit.log"));
  };
  put("too/deep/to/see");
  BOOST_TEST(holds(audit({"verify", folder.path()}).err, "\n  name the log's first file (audit.log)"));
  const auto hint = [&](const std::string& below = "") {
    const auto refused = audit({"verify", folder.path() + below});
    BOOST_TEST(refused.code == kExitUsage);
    return refused.err.substr(refused.err.find('\n') + 1);
  };
  put("inc0/data");
  BOOST_TEST(hint() == "  below it there is inc0/data/audit.log\n");
  BOOST_TEST(hint("/inc0") == "  below it there is data/audit.log\n");
  put("inc1/data");
  put("inc1/data/archive");  // the log's own
  BOOST_TEST(hint() ==
             "  this case has inc0/data/audit.log (before the death)\n"
             "  and inc1/data/audit.log (after it)\n");
  std::filesystem::create_directory_symlink(folder.file("inc1"), folder.file("link"));
  for (const char* const more : {"a/inc0/data", "b", "c"}) put(more);
  BOOST_TEST(hint() ==
             "  below it there are\n    a/inc0/data/audit.log\n    b/audit.log\n    c/audit.log\n"
             "    inc0/data/audit.log\n    and 1 more\n");
}

BOOST_AUTO_TEST_CASE(a_folder_stands_for_its_drop_copy_and_what_is_none_is_refused) {
  const LogOnDisk log(two_orders());
  const auto missing = audit({"diff", log.path(), log.file("")});
  BOOST_TEST(missing.code == kExitUsage);
  BOOST_TEST(holds(missing.err, "no drop copy: "), missing.err);
  BOOST_TEST(holds(missing.err, "\n  name the exchange's drop_copy.jsonl, its folder"), missing.err);
  std::filesystem::create_directory(log.file("exchange"));
  const std::string copy = log.file("exchange/drop_copy.jsonl");
  BOOST_REQUIRE(write_file(copy, "").has_value());
  const auto by_name = audit({"diff", log.path(), copy});
  BOOST_TEST(by_name.code == kExitBroken);
  BOOST_TEST(holds(by_name.text, "0 orders and 0 messages compared, 3 differences, 0 messages behind"), by_name.text);
  BOOST_TEST(audit({"diff", log.path(), log.file("exchange")}).text == by_name.text);
  BOOST_TEST(audit({"diff", log.path(), log.file("")}).text == by_name.text);
  BOOST_REQUIRE(write_file(copy, "# Crashwright\n").has_value());
  const auto refused = audit({"diff", log.path(), copy});
  BOOST_TEST(refused.code == kExitUsage);
  BOOST_TEST(refused.err ==
             "crashwright: " + copy + ":1: not a drop copy\n  name the drop_copy.jsonl that the exchange wrote\n");
}

BOOST_AUTO_TEST_CASE(print_takes_several_types_and_names_all_where_a_type_is_none_in_eighty_columns) {
  const LogOnDisk log(two_orders());
  BOOST_TEST(lines(audit({"print", log.path(), "--type", "accepted,executed"}).text) == 3U);
  BOOST_TEST(lines(audit({"print", log.path(), "--type", "accepted", "--type", "executed"}).text) == 3U);
  const auto refused = audit({"print", log.path(), "--type", "executed,foo"});
  BOOST_TEST(refused.code == kExitUsage);
  BOOST_TEST(holds(refused.err, "cannot be \"foo\"\n  one of: "), refused.err);
  BOOST_TEST(holds(refused.err, "executed, "), refused.err);
  for (const std::string& told : {refused.err, audit({"print", log.path(), "--since", "yesterday"}).err}) {
    std::istringstream text(told);
    for (std::string line; std::getline(text, line);) BOOST_TEST(columns_of(line) <= 80U, line);
  }
}
