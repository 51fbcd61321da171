#include "mock_engine/naive/root_cause.h"

#include <sys/wait.h>

#include <csignal>

namespace crashwright::mock_engine::naive {
namespace {

struct Word {
  const char* text;
  const char* cause;
};

constexpr Word kWords[] = {
    {"Segmentation fault", "NULL_DEREF"},
    {"Aborted", "ABORT"},
    {"memory", "OOM"},
    {"Floating point", "FPE"},
    {"lock", "DEADLOCK"},
    {"Bus error", "NULL_DEREF"},
};

// "  #0 path/naive_engine(+0x1234) [0x...]"
std::string first_frame(const std::string& output) {
  const size_t at = output.find("#0 ");
  if (at == std::string::npos) return {};
  const size_t end = output.find_first_of(" [\n", at + 3);
  const std::string frame = output.substr(at + 3, end - at - 3);
  return frame.substr(frame.rfind('/') + 1);
}

}  // namespace

RootCause find_root_cause(const std::string& output, int32_t wait_status) {
  for (const Word& word : kWords) {
    if (output.find(word.text) != std::string::npos) return {word.cause, first_frame(output)};
  }
  if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL) return {"OOM", {}};  // exit 137
  if (wait_status != 0) return {"ABORT", {}};
  return {"NO_FAULT", {}};
}

}  // namespace crashwright::mock_engine::naive
