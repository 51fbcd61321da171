// Goal: `storage` refuses what it cannot do before it runs anything, and says what would help. Method: the commands as
// a shell would run them, with arguments that are wrong.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "harness/cli/testing/command_folder.h"
#include "harness/storage/mounted_folder.h"

using namespace crashwright::harness::cli;
using crashwright::harness::fuse_possible;
using testing::Answer;
using Folder = testing::CommandFolder;

BOOST_AUTO_TEST_CASE(what_an_exploration_cannot_do_is_refused_before_anything_is_run) {
  const Folder folder;
  const auto refusal = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"storage", "explore", "--check", "true"};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"--", "true"});
    const Answer answer = folder.run(words);
    BOOST_TEST(answer.code != 0);
    BOOST_TEST(answer.out.empty(), answer.out);
    return answer.err;
  };
  BOOST_TEST(refusal({"--jobs", "0"}).find("--jobs wants 1 to 64, not 0\n") != std::string::npos);
  BOOST_TEST(refusal({"--jobs", "65"}).find("--jobs wants 1 to 64, not 65\n") != std::string::npos);
  BOOST_TEST(refusal({"--states", "0"}).find("--states 0 judges nothing\n") != std::string::npos);
  BOOST_TEST(refusal({"--tear-unit", "0"}).find("--tear-unit wants a power of two") != std::string::npos);
  const std::string file = folder.file("file", "text");
  BOOST_TEST(refusal({"--keep", file + "/kept"}).find("nothing can be written in " + file) != std::string::npos);
  BOOST_TEST(refusal({"--json", file + "/a/b"}).find("nothing can be written in " + file) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_checker_that_is_not_there_is_refused_before_anything_is_run) {
  const Folder folder;
  const Answer answer = folder.run({"storage", "explore", "--check", "./no_checker a", "--", "true"});
  BOOST_TEST(answer.code == 2);
  BOOST_TEST(answer.err.find("no program \"./no_checker\" that could judge\n") != std::string::npos, answer.err);
}

BOOST_AUTO_TEST_CASE(json_on_standard_output_stands_alone, *boost::unit_test::precondition(fuse_possible)) {
  const Folder folder;
  const Answer answer = folder.run({"storage", "explore", "--states", "5", "--keep", folder.path + "/kept", "--check",
                                    "true", "--json", "-", "--", "sh", "-c", "echo text > file"});
  BOOST_TEST(answer.code == 0, answer.err);
  BOOST_TEST(answer.out.starts_with("{"), answer.out);
  BOOST_TEST(answer.out.find("\"verdict\": \"clean\"") != std::string::npos, answer.out);
  BOOST_TEST(answer.err.find("distinct states judged") != std::string::npos, answer.err);
}

BOOST_AUTO_TEST_CASE(a_checker_that_ends_as_a_shell_does_without_its_tool_is_told_with_what_it_said,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Folder folder;
  const Answer answer = folder.run({"storage", "explore", "--states", "5", "--keep", folder.path + "/kept", "--check",
                                    "sh -c no_such_tool", "--", "sh", "-c", "echo text > file"});
  BOOST_TEST(answer.code == 5);
  BOOST_TEST(answer.out.find("ended with exit status 127") != std::string::npos, answer.out);
  BOOST_TEST(answer.out.find("no_such_tool") != std::string::npos, answer.out);
}

BOOST_AUTO_TEST_CASE(what_somebody_put_aside_among_the_evidence_stays, *boost::unit_test::precondition(fuse_possible)) {
  const Folder folder;
  const auto explore = [&] {
    return folder.run({"storage", "explore", "--states", "20", "--keep", folder.path + "/kept", "--check",
                       "sh -c 'test ! -e file'", "--", "sh", "-c", "echo text > file; mv file done"});
  };
  BOOST_TEST(explore().code == 1);
  const std::string first = folder.path + "/kept/K-1";
  BOOST_REQUIRE(std::filesystem::exists(first));
  std::filesystem::copy(first, folder.path + "/kept/ticket-4711", std::filesystem::copy_options::recursive);
  std::filesystem::rename(first, folder.path + "/kept/K-9");
  BOOST_TEST(explore().code == 1);
  BOOST_TEST(std::filesystem::exists(folder.path + "/kept/ticket-4711"));
  BOOST_TEST(!std::filesystem::exists(folder.path + "/kept/K-9"));
}

BOOST_AUTO_TEST_CASE(a_program_without_its_dashes_and_a_mistyped_fault_are_told_what_was_meant) {
  const Folder folder;
  const Answer bare = folder.run({"storage", "explore", "--check", "true", "./safe.py"});
  BOOST_TEST(bare.code == 2);
  BOOST_TEST(bare.err ==
             "crashwright storage explore: does not take \"./safe.py\"\n"
             "  the program and its arguments stand behind --: -- ./safe.py\n"
             "  see: crashwright storage explore --help\n");
  for (const char* const part : {"explore", "lint"}) {
    std::vector<std::string> words{"storage", part, "--fault", "eio_fsinc path=*"};
    if (part == std::string("explore")) words.insert(words.end(), {"--check", "true"});
    words.insert(words.end(), {"--", "true"});
    const Answer answer = folder.run(words);
    BOOST_TEST(answer.code == 2);
    BOOST_TEST(answer.err.find("  did you mean \"eio_fsync\"?\n") != std::string::npos, answer.err);
  }
}

BOOST_AUTO_TEST_CASE(a_checker_that_is_never_content_is_an_error_and_no_finding,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Folder folder;
  const auto explore = [&](const std::string& check, std::vector<std::string> more = {}) {
    std::vector<std::string> words{
        "storage", "explore", "--states", "20", "--keep", folder.path + "/kept", "--json", folder.path + "/x.json",
        "--check", check};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"--", "sh", "-c", "echo text > file; echo more >> file"});
    return folder.run(words);
  };
  const Answer never = explore("sh -c 'echo it is wrong; echo why >&2; exit 1'");
  BOOST_TEST(never.code == 5);
  BOOST_TEST(
      never.out.find("error: the checker calls even the untouched folder violated: it is wrong\n") != std::string::npos,
      never.out);
  BOOST_TEST(never.out.find("    | why\n") != std::string::npos, never.out);
  BOOST_TEST(never.out.find("finding 1") == std::string::npos, never.out);
  BOOST_TEST(folder.text("x.json").find("\"verdict\": \"error\"") != std::string::npos);
  BOOST_TEST(folder.text("x.json").find("\"untouched_folder_violated\": \"it is wrong\\nwhy\\n\"") !=
             std::string::npos);

  // Where something else was made to go wrong, the end of the run is no measure.
  const Answer faulty = explore("sh -c 'test \"$(cat file)\" = text'", {"--fault", "lost_write nth=2"});
  BOOST_TEST(faulty.code != 5, faulty.out);
  BOOST_TEST(faulty.out.find("fault: lost_write happened: a write of 5 bytes was lost\n") != std::string::npos,
             faulty.out);
}

BOOST_AUTO_TEST_CASE(findings_are_kept_beside_the_runs_and_a_clean_exploration_leaves_nothing,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Folder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path);
  const auto explore = [&](const std::string& check) {
    return folder.run({"storage", "explore", "--states", "20", "--seed", "7", "--check", check, "--", "sh", "-c",
                       "echo text > file; mv file done"});
  };
  BOOST_TEST(explore("true").code == 0);
  BOOST_TEST(!folder.has("crashwright-out"));
  const Answer found = explore("sh -c 'test ! -e file'");
  std::filesystem::current_path(before);
  BOOST_TEST(found.code == 1);
  const std::regex kept("kept in crashwright-out/storage-[0-9]{8}-[0-9]{6}-7/K-1\n");
  BOOST_TEST(std::regex_search(found.out, kept), found.out);
}

BOOST_AUTO_TEST_CASE(the_lint_tells_equal_findings_of_two_profiles_once_and_in_80_columns,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Folder folder;
  const Answer lint =
      folder.run({"storage", "lint", "--profile", "E,S", "--", "sh", "-c",
                  "echo a > a_file_with_quite_a_long_name_indeed; mv a_file_with_quite_a_long_name_indeed "
                  "another_name_that_is_as_long; echo ack first_order_of_the_day"});
  BOOST_TEST(lint.code == 1, lint.out);
  BOOST_TEST(lint.out.starts_with("profiles E and S: 1 of 1 acknowledgement left before what had been written by\n"
                                  "  then was durable\n"),
             lint.out);
  BOOST_TEST(lint.out.find("  E and S: write of 2 bytes") != std::string::npos, lint.out);
  BOOST_TEST(lint.out.find("write of 2 bytes") == lint.out.rfind("write of 2 bytes"), lint.out);
  std::istringstream lines(lint.out);
  for (std::string line; std::getline(lines, line);) BOOST_TEST(line.size() <= 80U, line);
}

BOOST_AUTO_TEST_CASE(the_lint_blames_no_process_for_what_another_one_has_not_synced,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Folder folder;
  // The acknowledging process waits for a record to be synced and for the next one to be written, whose sync is ahead.
  const std::string pipeline =
      "import os\n"
      "done, told = os.pipe()\n"
      "acked, answered = os.pipe()\n"
      "log = os.open('log', os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
      "os.fsync(os.open('.', os.O_RDONLY))\n"
      "if os.fork() == 0:\n"
      "    os.write(log, b'one')\n"
      "    os.fsync(log)\n"
      "    os.write(log, b'two')\n"
      "    os.write(told, b'1')\n"
      "    os.read(acked, 1)\n"
      "    os.fsync(log)\n"
      "    os._exit(0)\n"
      "os.read(done, 1)\n"
      "os.write(1, b'ack one\\n')\n"
      "os.write(answered, b'1')\n"
      "os.wait()\n";
  const Answer other = folder.run(
      {"storage", "lint", "--profile", "E,S", "--json", folder.path + "/other.json", "--", "python3", "-c", pipeline});
  BOOST_TEST(other.code == 3, other.out);
  BOOST_TEST(other.out.find("of another thread, not blamed: log\n") != std::string::npos, other.out);
  BOOST_TEST(other.out.find("inconclusive: what was not durable yet is of other threads") != std::string::npos,
             other.out);
  BOOST_TEST(folder.text("other.json").find("\"verdict\": \"inconclusive\"") != std::string::npos);

  const Answer own = folder.run({"storage", "lint", "--", "python3", "-c",
                                 "import os\nlog = os.open('log', os.O_WRONLY | os.O_CREAT)\nos.write(log, b'one')\n"
                                 "os.write(1, b'ack one\\n')\nos.fsync(log)\n"});
  BOOST_TEST(own.code == 1, own.out);
}

BOOST_AUTO_TEST_CASE(the_lint_says_that_an_acknowledgement_may_stand_for_what_is_written_after_it,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Folder folder;
  const Answer lint = folder.run({"storage", "lint", "--json", folder.path + "/x.json", "--", "python3", "-c",
                                  "import os\nlog = os.open('log', os.O_WRONLY | os.O_CREAT)\nos.fsync(log)\n"
                                  "for i in range(3):\n    os.write(1, b'ack %d\\n' % i)\n"
                                  "    os.write(log, b'record')\n    os.fsync(log)\n"});
  BOOST_TEST(lint.code == 0, lint.out);
  BOOST_TEST(lint.out.find("0 of 3 acknowledgements left before what had been written by then\n") != std::string::npos,
             lint.out);
  BOOST_TEST(
      lint.out.find("note: 1 acknowledgement came with nothing written since the one before") != std::string::npos,
      lint.out);
  BOOST_TEST(folder.text("x.json").find("\"without_change\": 1") != std::string::npos);
}
