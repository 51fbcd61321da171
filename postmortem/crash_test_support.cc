#undef BOOST_TEST_MODULE  // the main function is in the test itself
#include "postmortem/crash_test_support.h"

#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/file.h"

namespace crashwright::postmortem {

const char* const kChild = CRASH_TEST_CHILD;
const char* const kChildAsan = CRASH_TEST_CHILD "_asan";
const char* const kChildPlanted = CRASH_TEST_CHILD "_planted";
const char* const kChildInterposed = CRASH_TEST_CHILD "_interposed";
const char* const kChildInterposedPlanted = CRASH_TEST_CHILD "_interposed_planted";

namespace {

// Headers and notes lie at the front of a core, its memory behind them is of no interest here.
constexpr size_t kCoreNotesMax = 1 << 20;

void nap() {
  const timespec time{0, 2'000'000};
  ::nanosleep(&time, nullptr);
}

[[noreturn]] void become_child(const std::string& folder, int control_fd, const char* program,
                               const std::vector<std::string>& arguments) {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_CORE, &unlimited);
  const int err = ::open((folder + "/stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::dup2(err, STDERR_FILENO);
  if (::chdir(folder.c_str()) != 0) ::_exit(127);
  ::setenv("CRASHWRIGHT_DEATH_FILLS", (folder + "/small/rest").c_str(), 1);
  ::setenv(kControlFdVariable, std::to_string(control_fd).c_str(), 1);
  ::setenv("ASAN_OPTIONS",
           "handle_segv=2:handle_abort=0:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2:abort_on_error=1:"
           "disable_coredump=0:detect_leaks=0:log_path=asan",
           1);
  ::setenv("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:abort_on_error=1", 1);
  std::vector<char*> argv{const_cast<char*>(program), const_cast<char*>("record")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(program, argv.data());
  ::_exit(127);
}

template <typename Value>
Value value_at(const std::string& bytes, size_t offset) {
  Value value{};
  if (offset + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

void take_note(const std::string& core, uint32_t type, size_t offset, CoreFacts& facts) {
  if (type == NT_SIGINFO) {
    const auto info = value_at<siginfo_t>(core, offset);
    facts.signal = info.si_signo;
    facts.code = info.si_code;
    facts.fault_address = reinterpret_cast<uint64_t>(info.si_addr);
    facts.sender_pid = info.si_pid;
  } else if (type == NT_PRSTATUS) {
    const auto status = value_at<elf_prstatus>(core, offset);
    if (facts.threads++ > 0) return;
    facts.tid = status.pr_pid;
    facts.pc = status.pr_reg[16];  // rip in user_regs_struct
  }
}

CoreFacts read_core(const std::string& core) {
  CoreFacts facts;
  const auto header = value_at<Elf64_Ehdr>(core, 0);
  for (size_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = value_at<Elf64_Phdr>(core, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type != PT_NOTE) continue;
    for (size_t offset = segment.p_offset; offset < segment.p_offset + segment.p_filesz;) {
      const auto note = value_at<Elf64_Nhdr>(core, offset);
      const size_t name = offset + sizeof note;
      const size_t description = name + ((note.n_namesz + 3U) & ~size_t{3});
      take_note(core, note.n_type, description, facts);
      offset = description + ((note.n_descsz + 3U) & ~size_t{3});
    }
  }
  return facts;
}

}  // namespace

ChildRun::ChildRun() {
  char path[] = "/tmp/crashwright-crash-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(path) != nullptr);
  folder_ = path;
  control_fd_ = ::memfd_create("control", 0);
  BOOST_REQUIRE(control_fd_ >= 0);
  BOOST_REQUIRE(::ftruncate(control_fd_, sizeof(ControlBlock)) == 0);
  void* const mapping = ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, control_fd_, 0);
  BOOST_REQUIRE(mapping != MAP_FAILED);
  block_ = static_cast<ControlBlock*>(mapping);
  initialise_control_block(*block_);
}

ChildRun::~ChildRun() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (small_disk_) ::umount2((folder_ + "/small").c_str(), MNT_DETACH);
  ::munmap(block_, sizeof(ControlBlock));
  ::close(control_fd_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

ArmedFault& ChildRun::arm(FaultAction action, const char* point) {
  ArmedFault& fault = block_->faults[block_->fault_count++];
  fault.point.assign(point);
  fault.action = action;
  fault.incarnation = kAnyIncarnation;
  fault.hit = 1;
  fault.state.store(FaultState::kArmed);
  return fault;
}

// In a mount namespace of this process alone: the mount ends with it.
bool ChildRun::use_small_disk() {
  static const bool apart = (::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
                            ::mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr) == 0;
  const std::string disk = folder_ + "/small";
  if (!apart || ::mkdir(disk.c_str(), 0755) != 0) return false;
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) return false;
  small_disk_ = true;
  return ::symlink((disk + "/record").c_str(), (folder_ + "/record").c_str()) == 0;
}

void ChildRun::start(const char* program, std::vector<std::string> arguments) {
  pid_ = ::fork();
  BOOST_REQUIRE(pid_ >= 0);
  if (pid_ == 0) become_child(folder_, control_fd_, program, arguments);
}

bool ChildRun::wait(int seconds_max) {
  const Deadline deadline{std::chrono::seconds(seconds_max)};
  bool in_time = true;
  while (::waitpid(pid_, &status_, WNOHANG) == 0) {
    if (in_time && deadline.passed()) {
      in_time = false;
      ::kill(pid_, SIGKILL);
    }
    nap();
  }
  pid_ = -1;
  return in_time;
}

bool ChildRun::wait_until(bool (*condition)(const ControlBlock& block)) {
  const Deadline deadline{std::chrono::seconds(60)};
  while (!condition(*block_)) {
    if (deadline.passed()) return false;
    nap();
  }
  return true;
}

int ChildRun::signal() const { return WIFSIGNALED(status_) ? WTERMSIG(status_) : 0; }
int ChildRun::exit_code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

std::string ChildRun::text(const std::string& file) const { return read_file(folder_ + "/" + file).value_or(""); }

std::string ChildRun::text_of_prefix(const std::string& prefix) const {
  const std::string path = find(prefix);
  return path.empty() ? "" : read_file(path).value_or("");
}

std::string ChildRun::find(const std::string& prefix) const {
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().filename().string().rfind(prefix, 0) == 0) return entry.path();
  }
  return "";
}

CrashRecord ChildRun::record() const {
  auto record = read_crash_record(folder_ + "/record");
  BOOST_REQUIRE_MESSAGE(record.has_value(), (record ? "" : record.error().message));
  return *record;
}

std::optional<CoreFacts> ChildRun::core() const {
  const std::string path = find("core");
  if (path.empty()) return std::nullopt;
  std::string core(kCoreNotesMax, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(core.data(), static_cast<std::streamsize>(core.size()));
  core.resize(static_cast<size_t>(file.gcount()));
  return read_core(core);
}

bool cores_land_in_the_working_directory() {
  const std::string pattern = read_file("/proc/sys/kernel/core_pattern").value_or("|");
  const bool here = pattern.rfind("core", 0) == 0;
  if (!here) BOOST_TEST_MESSAGE("core not checked: /proc/sys/kernel/core_pattern is " << pattern);
  return here;
}

}  // namespace crashwright::postmortem
