// The real engine as a child process with a control block of its own, for process tests. Tests only.
//
// The supervisor's part for faults that the engine asks its harness for (SIGKILL) is done in await().
// Threads: one owner. Errors: a failed Boost.Test check; nothing waits longer than twenty seconds.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "mock_engine/exchange/exchange_client.h"
#include "postmortem/control_block.h"

namespace crashwright::mock_engine {

using postmortem::ControlBlock;
using postmortem::FaultAction;
using postmortem::FaultState;
using postmortem::HarnessRequest;

// A session: exchange, folders, control block; engines are started in it one after the other.
class EngineSession {
 public:
  explicit EngineSession(std::vector<std::string> arguments, const std::vector<std::string>& exchange_arguments = {})
      : exchange(exchange_arguments), arguments_(std::move(arguments)) {
    char name[] = "/tmp/crashwright-engine-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name) != nullptr);
    folder = name;
    std::filesystem::create_directories(folder + "/postmortem");
    std::filesystem::create_directories(folder + "/data");
    control_fd_.reset(::memfd_create("control", 0));  // inherited by the engine
    BOOST_REQUIRE(::ftruncate(control_fd_.get(), sizeof(ControlBlock)) == 0);
    void* mapping = ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, control_fd_.get(), 0);
    BOOST_REQUIRE(mapping != MAP_FAILED);
    control = static_cast<ControlBlock*>(mapping);
    postmortem::initialise_control_block(*control);
  }
  ~EngineSession() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::munmap(control, sizeof(ControlBlock));
    std::filesystem::remove_all(folder);
  }
  EngineSession(const EngineSession&) = delete;
  EngineSession& operator=(const EngineSession&) = delete;

  void arm(const std::string& point, uint64_t hit, FaultAction action,
           uint32_t incarnation = postmortem::kAnyIncarnation) {
    postmortem::ArmedFault& fault = control->faults[control->fault_count++];
    fault.point.assign(point);
    fault.hit = hit;
    fault.action = action;
    fault.incarnation = incarnation;
    fault.state.store(FaultState::kArmed);
  }
  // At the last passage of the point in that start.
  void arm_last(const std::string& point, FaultAction action, uint32_t incarnation) {
    arm(point, 1, action, incarnation);
    control->faults[control->fault_count - 1].trigger = postmortem::FaultTrigger::kLast;
  }
  // At the passage that is about that order or message.
  void arm_about(const std::string& point, uint64_t number, FaultAction action) {
    arm(point, number, action);
    control->faults[control->fault_count - 1].trigger = postmortem::FaultTrigger::kSubject;
  }
  // Passages in the start that runs or ran last.
  [[nodiscard]] uint64_t hits(const std::string& point) const {
    uint64_t hits = 0;
    for (const postmortem::FaultPointCounter& counter : control->fault_points) {
      if (counter.name == point) hits += counter.hits.load();
    }
    return hits;
  }
  [[nodiscard]] bool fired(size_t fault = 0) const { return control->faults[fault].state.load() >= FaultState::kFired; }

  void start(const std::vector<std::string>& more = {}) {
    postmortem::begin_incarnation(*control, started_++);
    std::vector<std::string> words = {program, "run", "--data", folder + "/data", "--postmortem", folder_of_run(),
                                      "--exchange", "127.0.0.1:" + std::to_string(exchange.port),
                                      // A slow disk is no stall; a test of stalls says otherwise behind this.
                                      "--stall-after", "5000"};
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    words.insert(words.end(), more.begin(), more.end());
    spawn(words);
  }
  void kill_now() const { ::kill(pid_, SIGKILL); }

  // The wait status. Plays the harness meanwhile.
  int await() {
    const Deadline deadline(std::chrono::seconds(20));
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) == 0) {
      BOOST_REQUIRE_MESSAGE(!deadline.passed(), "the engine neither finished nor died");
      if (control->harness_request.load() == HarnessRequest::kKill) kill_now();
      if (control->harness_request.load() == HarnessRequest::kDisconnectExchange) {
        ::kill(exchange.pid, SIGUSR1);
        control->harness_request.store(HarnessRequest::kNone);
      }
      const timespec slice{0, 200'000};
      ::nanosleep(&slice, nullptr);
    }
    control->harness_request.store(HarnessRequest::kNone);
    pid_ = -1;
    return status;
  }
  int run(const std::vector<std::string>& more = {}) {
    start(more);
    return await();
  }
  // Waits until the running engine has handed that many orders to its socket, or has finished.
  void await_orders_sent(uint64_t orders) const {
    const Deadline deadline(std::chrono::seconds(20));
    while (control->engine.orders_sent.load() < orders && control->engine.finished.load() == 0) {
      BOOST_REQUIRE(!deadline.passed());
      ::sched_yield();
    }
  }

  // Recovery alone, on a copy of the data or the data itself; its standard output, and the exit status.
  std::pair<int, std::string> recover_only(const std::string& data) {
    std::filesystem::create_directories(folder + "/recovery");
    std::filesystem::remove(folder + "/recovery/recovered_state.json");
    std::vector<std::string> words = {program,         "run", "--data", data, "--postmortem", folder + "/recovery",
                                      "--recover-only"};
    words.insert(words.end(), more_for_recovery.begin(), more_for_recovery.end());
    spawn(words);
    const int status = await();
    return {status, read_file(folder + "/recovery/recovered_state.json").value_or("")};
  }
  std::string copy_of_data() {
    const std::string copy = folder + "/copy" + std::to_string(copies_++);
    std::filesystem::copy(folder + "/data", copy);
    return copy;
  }

  [[nodiscard]] std::string final_state() const {
    return read_file(folder + "/postmortem/final_state.json").value_or("");
  }
  [[nodiscard]] std::string errors() const { return read_file(folder + "/stderr.txt").value_or(""); }

  exchange::ExchangeProcess exchange;
  std::string folder;
  std::string program = program_named("mock_engine");
  std::vector<std::string> more_for_recovery;
  ControlBlock* control = nullptr;

  // The programs of one build stand in one folder.
  static std::string program_named(const std::string& name) {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
  }

 private:
  [[nodiscard]] std::string folder_of_run() const { return folder + "/postmortem"; }
  void spawn(std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    const std::string control_fd = std::to_string(control_fd_.get());
    pid_ = ::fork();
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::setenv(postmortem::kControlFdVariable, control_fd.c_str(), 1);
    redirect(STDOUT_FILENO, "/stdout.txt");
    redirect(STDERR_FILENO, "/stderr.txt");
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  void redirect(int to, const char* name) const {
    const int fd = ::open((folder + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(fd, to);
  }

  std::vector<std::string> arguments_;
  UniqueFd control_fd_;
  pid_t pid_ = -1;
  uint32_t started_ = 0;
  int copies_ = 0;
};

// The part of exchange.json that an interrupted and recovered session must have in common with an uninterrupted one.
inline std::string books_of(const std::string& exchange_json) {
  const auto from = [&](const char* key, const char* end) {
    const size_t begin = exchange_json.find(key);
    return begin == std::string::npos ? std::string("missing ") + key
                                      : exchange_json.substr(begin, exchange_json.find(end, begin) - begin);
  };
  return from("\"cash_ticks\":", ",") + from("\"orders\":", "]") + from("\"positions\":", "}") +
         from("\"violations\":", "}");
}

}  // namespace crashwright::mock_engine
