// A folder with a tiny shell engine that counts, its checker, and the real crashwright run on scenarios of them.
//
// Threads: one test each. Errors: fail the test.
#pragma once

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"

namespace crashwright::testing {

namespace fs = std::filesystem;

// Counts in a file, a line each, and acknowledges each line.
// Long enough that a busy machine still finds it counting when a line of it has been seen.
constexpr const char* kCounter =
    "#!/bin/sh\n"
    "i=$(wc -l 2> /dev/null < journal || echo 0)\n"
    "while [ $i -lt ${1:-4000} ]; do\n"
    "  i=$((i + 1))\n"
    "  echo $i >> journal || exit 7\n"
    "  echo \"ack $i\" >&$CRASHWRIGHT_ACK_FD\n"
    "  echo \"counted $i\"\n"
    "done\n";
constexpr const char* kCheck =
    "#!/bin/sh\n"
    "lost=$(cat journal 2> /dev/null | grep -vxFf - \"$CRASHWRIGHT_ACKED\" | head -n 1)\n"
    "[ -z \"$lost\" ] || { echo \"acknowledged and lost: $lost\"; exit 1; }\n";

constexpr const char* kNoCheck = "[\"true\"]";  // of programs that acknowledge nothing

inline std::string program() { return (fs::read_symlink("/proc/self/exe").parent_path() / "crashwright").string(); }

class Place {
 public:
  Place() {
    char path[] = "/tmp/crashwright-engine-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root_ = path;
    put("counter", kCounter);
    put("check", kCheck);
  }
  ~Place() {
    std::error_code none;
    fs::remove_all(root_, none);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void put(const std::string& name, const std::string& text) const {
    BOOST_REQUIRE(write_file(root_ + "/" + name, text).has_value());
    BOOST_REQUIRE(::chmod((root_ + "/" + name).c_str(), 0755) == 0);
  }

  // Exit code of a run of the counter with these faults; what it said is in said().
  int run(const std::string& faults, const std::string& more = {}) {
    return run_engine("[./counter]", "[./check]", faults, more);
  }
  int run_engine(const std::string& command, const std::string& check, const std::string& faults,
                 const std::string& more = {}) {
    const char* const silent = check == kNoCheck ? "  acknowledges: false\n" : "";
    return run_scenario("engine:\n  command: " + command + "\n  check: " + check + "\n" + silent + "faults:\n" +
                        faults + more);
  }
  int run_scenario(const std::string& keys) {
    put("x.yaml", "name: x\n" + keys);
    return call("run x.yaml --keep --out " + root_ + "/out");
  }
  // Exit code of crashwright with these arguments.
  int call(const std::string& arguments) {
    const std::string line =
        "cd " + root_ + " && CRASHWRIGHT_STATE_DIR=" + root_ + "/state " + program() + " " + arguments + " > said 2>&1";
    const int status = std::system(line.c_str());
    said_ = read_file(root_ + "/said").value_or("");
    if (said_.find("SKIPPED") != std::string::npos) std::printf("SKIPPED: %s\n", said_.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] const std::string& said() const { return said_; }
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] bool skipped() const { return said_.find("SKIPPED") != std::string::npos; }
  // The facts of the case, and lines of its journal as the first start left it.
  [[nodiscard]] std::string facts() const { return read_file(folder() + "/facts.json").value_or(""); }
  [[nodiscard]] std::string left(const std::string& file) const {
    return read_file(folder() + "/inc0/" + file).value_or("");
  }
  [[nodiscard]] bool proved(const std::string& proof) const { return facts().find(proof) != std::string::npos; }

  std::string folder() const { return root_ + "/out/latest/x.foreign"; }

 private:
  std::string root_;
  std::string said_;
};

inline long lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace crashwright::testing
