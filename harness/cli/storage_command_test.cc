// Goal: `storage` refuses what it cannot do before it runs anything, and says what would help. Method: the commands as
// a shell would run them, with arguments that are wrong.
#include <boost/test/unit_test.hpp>
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
                       "sh -c 'test ! -e file'", "--", "sh", "-c", "echo text > file"});
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
