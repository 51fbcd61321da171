#include "rca/testing/victim_run.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/check.h"
#include "base/file.h"

namespace crashwright::rca::testing {
namespace {

namespace fs = std::filesystem;

std::string new_folder() {
  char name[] = "/tmp/crashwright-rca-XXXXXX";
  CRASHWRIGHT_CHECK(::mkdtemp(name) != nullptr, "tests need room in /tmp");
  return name;
}

// The options with which the harness starts engines of the asan build.
std::string sanitizer_options(const std::string& folder) {
  return "handle_segv=2:handle_abort=0:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2:abort_on_error=1:"
         "disable_coredump=0:detect_leaks=0:print_stacktrace=1:halt_on_error=1:log_path=" +
         folder + "/asan";
}

[[noreturn]] void become_victim(const std::string& folder, const char* program, const char* death,
                                const std::string& options) {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_CORE, &unlimited);
  const int output = ::open((folder + "/stderr.txt").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::setenv("ASAN_OPTIONS", options.c_str(), 1);
  ::setenv("UBSAN_OPTIONS", options.c_str(), 1);
  if (::chdir(folder.c_str()) == 0 && ::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(output, STDERR_FILENO) >= 0) {
    ::execl(program, program, death, nullptr);
  }
  ::_exit(127);
}

}  // namespace

VictimRun::VictimRun(Build build, const std::string& death) : folder_(new_folder()) {
  const char* const program = build == Build::kAsan ? RCA_VICTIM_ASAN : RCA_VICTIM;
  const std::string options = sanitizer_options(folder_);
  pid_ = ::fork();
  CRASHWRIGHT_CHECK(pid_ >= 0, "fork");
  if (pid_ == 0) become_victim(folder_, program, death.c_str(), options);
  CRASHWRIGHT_CHECK(::waitpid(pid_, &wait_status_, 0) == pid_, "the victim is our child");
  // Where the kernel adds the pid to the name of a core.
  std::error_code ignored;
  fs::rename(file("core." + std::to_string(pid_)), core(), ignored);
  CRASHWRIGHT_CHECK(!WIFSIGNALED(wait_status_) || fs::exists(core()), "kernel.core_pattern must be a plain \"core\"");
}

VictimRun::~VictimRun() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string VictimRun::report() const {
  for (const std::string& path : {file("asan." + std::to_string(pid_)), file("stderr.txt")}) {
    if (const auto text = read_file(path); text && !text->empty()) return *text;
  }
  return {};
}

CaseFolder::CaseFolder() : path_(new_folder()) {
  fs::create_directories(path_ + "/inc0/data");
  ProcessFacts& process = facts_.processes.emplace_back();
  process.role = "engine";
  process.folder = "inc0";
  process.build = "release";
  process.pid = 4242;
}

CaseFolder::~CaseFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void CaseFolder::write() const {
  CRASHWRIGHT_CHECK(write_case_facts(path_ + "/facts.json", facts_).has_value(), "tests need room in /tmp");
}

void CaseFolder::adopt(const VictimRun& run) {
  for (const auto& entry : fs::directory_iterator(run.folder())) {
    fs::copy(entry.path(), path_ + "/inc0/" + entry.path().filename().string());
  }
  engine().pid = run.pid();
  engine().wait_status = run.wait_status();
  engine().core_dumped = WCOREDUMP(run.wait_status());
  if (fs::exists(inc0("core"))) engine().core_path = "inc0/core";
}

}  // namespace crashwright::rca::testing
