// Restart to the first correct order after a crash with a million records in the audit log, on real processes.
//
//   recovery_bench [--repetitions N]
//
// Method: the engine trades against the exchange until its log is a million records long and dies of SIGKILL. From then
// on each start is killed right before it sends its first order of its own: that one is in doubt, its intent is in the
// log and the exchange never got it. The next start must recover, log in, learn that, and send it. The clock runs from
// before fork() to the moment when that order is handed to the socket. Strategy and books are then built anew from the
// feed, until the first order of its own comes: that is reported too, and depends on the length of the feed. Where a
// death left more than one order in doubt the engine dies again before it comes so far. Where it left none that can
// still happen (a cancel whose order was filled meanwhile), there is nothing to send before: such a start counts for
// the second figure alone, and another one is made.
// Files go below the folder that CRASHWRIGHT_BENCH_FOLDER names (default /tmp). Programs of one build stand in one
// folder. Exit codes: 0 measured, 10 a program did not do what it should.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "bench/samples.h"
#include "postmortem/control_block.h"

namespace crashwright::bench {
namespace {

namespace fs = std::filesystem;
using postmortem::ControlBlock;
using postmortem::HarnessRequest;

constexpr uint64_t kRecords = 1'000'000;
constexpr unsigned kStartsPerSampleMax = 5;
constexpr auto kPatience = std::chrono::seconds(150);

// Thrown, so that whoever holds a process or a folder lets go of it.
[[noreturn]] void give_up(const std::string& why) { throw std::runtime_error(why); }

struct Folder {
  explicit Folder(std::string at) : path(std::move(at)) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
  const std::string path;
};

void pause_briefly() {
  const timespec slice{0, 50'000};
  ::nanosleep(&slice, nullptr);
}

std::string program(const char* name) { return fs::read_symlink("/proc/self/exe").parent_path() / name; }

pid_t spawn(std::vector<std::string> words, const std::string& output) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (std::freopen(output.c_str(), "w", stdout) != nullptr) ::dup2(STDOUT_FILENO, STDERR_FILENO);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

// Once: afterwards the number may be another process's.
void end(pid_t& pid) {
  if (pid <= 0) return;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  pid = -1;
}

class Exchange {
 public:
  explicit Exchange(const std::string& folder) : folder_(folder) {
    fs::create_directories(folder_);
    pid_ = spawn({program("mock_exchange"), "--dir", folder_}, folder_ + "/output.txt");
    for (const Deadline deadline(kPatience); port_.empty() && !deadline.passed(); pause_briefly()) {
      if (const auto text = read_file(folder_ + "/port")) port_ = text->substr(0, text->find('\n'));
    }
    if (!port_.empty()) return;
    end(pid_);
    give_up("the exchange did not start");
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { end(pid_); }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  std::string folder_;
  std::string port_;
  pid_t pid_ = -1;
};

// The engine, started again and again on the same data.
class Engine {
 public:
  Engine(const std::string& folder, const std::string& port) : folder_(folder), port_(port) {
    fs::create_directories(folder_ + "/data");
    fs::create_directories(folder_ + "/postmortem");
    control_fd_.reset(::memfd_create("control", 0));  // inherited by the engine
    if (::ftruncate(control_fd_.get(), sizeof(ControlBlock)) != 0) give_up("no control block");
    void* const mapping =
        ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, control_fd_.get(), 0);
    if (mapping == MAP_FAILED) give_up("no control block");
    control_ = static_cast<ControlBlock*>(mapping);
    ::setenv(postmortem::kControlFdVariable, std::to_string(control_fd_.get()).c_str(), 1);
  }

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() { end(pid_); }

  // `dies_at_send`: which order is in doubt when it dies; 0: it lives until it is killed.
  void start(uint64_t dies_at_send) {
    postmortem::initialise_control_block(*control_);
    control_->fault_count = 0;  // the start before had its own
    if (dies_at_send != 0) {
      postmortem::ArmedFault& fault = control_->faults[control_->fault_count++];
      fault.point.assign("gateway.send_order");
      fault.hit = dies_at_send;
      fault.action = postmortem::FaultAction::kSigkill;
      fault.incarnation = postmortem::kAnyIncarnation;
      fault.state.store(postmortem::FaultState::kArmed);
    }
    postmortem::begin_incarnation(*control_, started_++);
    started_ns_ = monotonic_ns();
    pid_ = spawn({program("mock_engine"), "run", "--data", folder_ + "/data", "--postmortem", folder_ + "/postmortem",
                  "--exchange", "127.0.0.1:" + port_, "--feed-seed", "1", "--feed-messages", "100000000",
                  "--stall-after", "60000", "--restarts-max", "1000"},
                 folder_ + "/output.txt");
  }
  // Until it has died of its fault.
  void await_death() {
    for (const Deadline deadline(kPatience); !deadline.passed(); pause_briefly()) {
      if (control_->harness_request.load() == HarnessRequest::kKill) return kill();
      if (ended_by_itself()) give_up("the engine ended: " + output());
    }
    give_up("the engine never died");
  }
  void await_records(uint64_t records) {
    for (const Deadline deadline(kPatience); control_->engine.audit_durable.load() < records; pause_briefly()) {
      if (deadline.passed() || ended_by_itself()) give_up("the log stayed short: " + output());
    }
  }
  void kill() { end(pid_); }
  [[nodiscard]] double first_send_ms() const { return since_start_ms(control_->engine.first_send_ns.load()); }
  // Before it had a decision of its own.
  [[nodiscard]] bool sent_what_was_in_doubt() const {
    return !resumed() || control_->engine.first_send_ns.load() < control_->engine.resumed_ns.load();
  }
  [[nodiscard]] bool resumed() const { return control_->engine.resumed_ns.load() != 0; }
  [[nodiscard]] double resumed_ms() const { return since_start_ms(control_->engine.resumed_ns.load()); }

 private:
  bool ended_by_itself() {
    if (::waitpid(pid_, nullptr, WNOHANG) == 0) return false;
    pid_ = -1;
    return true;
  }
  [[nodiscard]] double since_start_ms(uint64_t ns) const {
    if (ns < started_ns_) give_up("an order was not sent when it should have been: " + output());
    return static_cast<double>(ns - started_ns_) / 1e6;
  }
  [[nodiscard]] std::string output() const { return read_file(folder_ + "/output.txt").value_or(""); }

  std::string folder_;
  std::string port_;
  UniqueFd control_fd_;
  ControlBlock* control_ = nullptr;
  uint64_t started_ns_ = 0;
  uint32_t started_ = 0;
  pid_t pid_ = -1;
};

}  // namespace

int run(int argc, char** argv) {
  const char* const parent = std::getenv("CRASHWRIGHT_BENCH_FOLDER");
  const Folder folder(std::string(parent == nullptr ? "/tmp" : parent) + "/crashwright-recovery-bench-" +
                      std::to_string(::getpid()));
  Samples samples;
  {
    const Exchange exchange(folder.path + "/exchange");
    Engine engine(folder.path + "/engine", exchange.port());
    engine.start(0);
    engine.await_records(kRecords);
    engine.kill();
    engine.start(1);
    engine.await_death();
    unsigned left = repetitions(argc, argv, 3);
    for (unsigned starts = left * kStartsPerSampleMax; left > 0; --starts) {
      if (starts == 0) give_up("too few deaths left an order in doubt");
      engine.start(2);
      engine.await_death();
      if (engine.resumed()) samples.add("restart_to_resumed_ms", engine.resumed_ms());
      if (!engine.sent_what_was_in_doubt()) continue;
      samples.add("restart_to_first_order_ms", engine.first_send_ms());
      --left;
    }
  }
  samples.print();
  return 0;
}

}  // namespace crashwright::bench

int main(int argc, char** argv) {
  try {
    return crashwright::bench::run(argc, argv);
  } catch (const std::runtime_error& why) {
    std::fprintf(stderr, "recovery_bench: %s\n", why.what());
    return 10;
  }
}
