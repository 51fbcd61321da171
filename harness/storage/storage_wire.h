// The words between the harness and its storage daemon: one datagram each way over a SOCK_SEQPACKET socket.
//
// Requests: "verify", "materialise FOLDER", "acknowledge TOKEN", "fault RULE" (storage_fault_rule.h),
// "faults", "operations", "flush", "settle", "sync_all THREAD",
// "msync THREAD NODE OFFSET SIZE NODE OFFSET SIZE ...", and so "asked_for ...", "write_back ..." and "drop_cache ..."
// (WriteBackRequest).
// Answers: "ok TEXT" or "no KIND TEXT" with KIND the number of the ErrorKind.
// The daemon says "ok " once it serves. A closed socket tells it to unmount and end.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "harness/storage/file_range.h"

namespace crashwright::harness {

inline constexpr size_t kStorageAnswerBytesMax = 8192;

[[nodiscard]] inline std::string write_back_word(WriteBackRequest how) {
  return how == WriteBackRequest::kSomeTime ? "asked_for" : how == WriteBackRequest::kNow ? "write_back" : "drop_cache";
}

[[nodiscard]] inline std::string encode_storage_answer(const Result<std::string>& answer) {
  if (answer) return "ok " + *answer;
  return "no " + std::to_string(static_cast<int>(answer.error().kind)) + answer.error().message;
}

[[nodiscard]] inline Result<std::string> decode_storage_answer(std::string_view answer) {
  if (answer.starts_with("ok ")) return std::string(answer.substr(3));
  const bool refusal = answer.starts_with("no ") && answer.size() >= 4 && answer[3] >= '0' &&
                       answer[3] <= '0' + static_cast<int>(ErrorKind::kInternal);
  if (!refusal) return fail(ErrorKind::kInternal, "garbled storage answer");
  return fail(static_cast<ErrorKind>(answer[3] - '0'), std::string(answer.substr(4)));
}

}  // namespace crashwright::harness
