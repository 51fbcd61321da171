// Goal: `storage` refuses what it cannot do before it runs anything, and says what would help. Method: the commands as
// a shell would run them, with arguments that are wrong.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "harness/cli/testing/command_folder.h"

using namespace crashwright::harness::cli;
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
