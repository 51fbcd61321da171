#include "harness/runner/exchange_process.h"

#include <csignal>
#include <cstdlib>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/engine_command.h"
#include "harness/runner/engine_exit.h"

namespace crashwright::harness {
namespace {

constexpr std::chrono::seconds kStartPatience{10};
constexpr std::chrono::seconds kEndPatience{10};
constexpr size_t kQuoteBytesMax = 400;

std::string quoted_stderr(const std::string& folder) {
  const auto text = read_file(folder + "/stderr.txt");
  return text && !text->empty() ? ": " + text->substr(0, kQuoteBytesMax) : std::string();
}

}  // namespace

Result<std::unique_ptr<ExchangeProcess>> ExchangeProcess::start(const ExchangeOptions& options) {
  ChildOptions child;
  child.argv = {options.program, "--dir", options.folder, "--port", "0"};
  for (std::string& argument : exchange_arguments(options.behaviour)) child.argv.push_back(std::move(argument));
  child.working_folder = options.folder;
  child.stdout_path = options.folder + "/stdout.txt";
  child.stderr_path = options.folder + "/stderr.txt";
  child.environment = options.environment;
  auto spawned = Child::spawn(child);
  if (!spawned) return tl::unexpected(spawned.error());
  std::unique_ptr<ExchangeProcess> exchange(new ExchangeProcess());
  exchange->folder_ = options.folder;
  exchange->child_ = std::move(*spawned);
  const Deadline deadline(kStartPatience);
  for (;;) {
    // Written under another name and renamed: when it is there, it is complete.
    const auto port = read_file(options.folder + "/port");
    if (port && std::atoi(port->c_str()) > 0) {
      exchange->address_ = "127.0.0.1:" + std::to_string(std::atoi(port->c_str()));
      return exchange;
    }
    if (const auto end = exchange->child_->wait(std::chrono::milliseconds(1)); end) {
      return fail(kind_of_end(*end), "the exchange ended at its start, " + describe_wait_status(end->wait_status) +
                                         quoted_stderr(options.folder));
    }
    if (deadline.passed()) return fail(ErrorKind::kEnvironment, "the exchange did not start to listen in time");
  }
}

Status ExchangeProcess::stop() {
  child_->send_signal(SIGTERM);
  const auto end = child_->wait(kEndPatience);
  if (!end) {
    child_->send_signal(SIGKILL);
    return fail(ErrorKind::kInternal, "the exchange did not end on SIGTERM");
  }
  if (!end->exited_with(0)) {
    return fail(ErrorKind::kInternal,
                "the exchange ended with " + describe_wait_status(end->wait_status) + quoted_stderr(folder_));
  }
  return {};
}

}  // namespace crashwright::harness
