#include "harness/scenario/engine_points.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <sstream>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace crashwright::harness {
namespace {

constexpr const char* kNeedOfPoint = "fault point ";
constexpr std::chrono::seconds kPatience(10);
constexpr size_t kAnswerBytesMax = 1 << 20;

// Standard output until its end, or nothing when the deadline or the limit is reached first.
Result<std::string> read_answer(int fd, const Deadline& deadline) {
  std::string answer;
  char buffer[4096];
  for (;;) {
    pollfd waiting{fd, POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.remaining()).count();
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready == 0 || answer.size() > kAnswerBytesMax) return fail(ErrorKind::kUsage, "no end of its answer");
    if (ready < 0 && errno != EINTR) return fail_errno(errno, "poll");
    if (ready < 0) continue;
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno != EINTR) return fail_errno(errno, "read");
    if (got == 0) return answer;
    if (got > 0) answer.append(buffer, static_cast<size_t>(got));
  }
}

Result<std::string> ask(const std::string& engine, const char* option) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string program = engine;
  std::string argument = option;
  char* arguments[] = {program.data(), argument.data(), nullptr};
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, engine.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return fail_errno(failed, engine, "build it, or name the engine with --engine");
  write_end.reset();
  auto answer = read_answer(read_end.get(), Deadline(kPatience));
  if (!answer) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!answer) return fail(ErrorKind::kUsage, fmt::format("{} {}: {}", engine, option, answer.error().message));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(ErrorKind::kUsage, fmt::format("{} {}: ended with wait status {:#x}", engine, option, status),
                "is it an engine that speaks this protocol?");
  }
  return answer;
}

std::vector<std::string> first_words(const std::string& answer) {
  std::vector<std::string> names;
  std::istringstream lines(answer);
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find('\t'));
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

Result<std::vector<std::string>> ask_names(const std::string& engine, const char* option) {
  const auto answer = ask(engine, option);
  if (!answer) return tl::unexpected(answer.error());
  std::vector<std::string> names = first_words(*answer);
  if (names.empty()) return fail(ErrorKind::kUsage, fmt::format("{} {}: names nothing", engine, option));
  return names;
}

}  // namespace

Result<std::vector<std::string>> engine_fault_points(const std::string& engine) {
  return ask_names(engine, "--list-fault-points");
}

std::string need_of_point(const std::string& point) { return kNeedOfPoint + point; }

bool is_need_of_point(const std::string& need) { return need.starts_with(kNeedOfPoint); }

Result<std::vector<std::string>> engine_planted_bugs(const std::string& engine) {
  return ask_names(engine, "--list-planted-bugs");
}

std::vector<std::string> engine_own_formats(const std::string& engine) {
  const auto answer = ask(engine, "--list-own-formats");
  return answer ? first_words(*answer) : std::vector<std::string>{};
}

}  // namespace crashwright::harness
