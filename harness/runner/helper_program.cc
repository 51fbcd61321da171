#include "harness/runner/helper_program.h"

#include <fmt/format.h>

#include <csignal>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/process.h"
#include "harness/runner/uncaught_exception.h"

namespace crashwright::harness {
namespace {

constexpr size_t kOutputBytesMax = 1 << 20;
constexpr size_t kErrorBytesMax = 16 << 10;
constexpr std::chrono::milliseconds kTick{5};

}  // namespace

bool HelperEnd::well() const { return in_time && ChildEnd{wait_status}.exited_with(0); }

std::string HelperEnd::reason() const { return reason_given(output.empty() ? errors : output); }

std::string HelperEnd::description() const {
  std::string text = in_time ? describe_wait_status(wait_status)
                             : "still ran when the deadline of the case had passed, and was killed";
  const std::string said = reason();
  return said.empty() ? text : fmt::format("{}: {}", text, said);
}

Result<HelperEnd> run_helper(const HelperRun& run) {
  ChildOptions options;
  options.argv = run.argv;
  options.working_folder = run.working_folder;
  options.stdout_path = run.output_path;
  options.stderr_path = run.output_path + ".err";
  options.environment = run.environment;
  options.kernel_core = false;
  const auto child = Child::spawn(options);
  if (!child) return tl::unexpected(child.error());
  const Deadline deadline(run.patience);
  HelperEnd end;
  std::optional<ChildEnd> ended;
  while (!(ended = (*child)->wait(kTick))) {
    (*child)->bound_output();
    if (end.in_time && (deadline.passed() || interrupted())) {
      end.in_time = false;
      (*child)->send_signal(SIGKILL);
    }
  }
  end.wait_status = ended->wait_status;
  end.ended_ns = ended->ended_ns;
  end.output_path = run.output_path;
  read_output(end);
  return end;
}

void read_output(HelperEnd& end) {
  end.output = read_file(end.output_path).value_or("").substr(0, kOutputBytesMax);
  end.errors = read_file(end.output_path + ".err").value_or("").substr(0, kErrorBytesMax);
}

}  // namespace crashwright::harness
