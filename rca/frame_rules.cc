#include "rca/frame_rules.h"

#include <algorithm>
#include <string_view>

#include "base/harness_bug.h"
#include "rca/evidence.h"
#include "rca/function_name.h"
#include "rca/symbolizer.h"

namespace crashwright::rca {
namespace {

struct SkipRule {
  std::string_view prefix;  // of the plain function name; '=' in front: the whole name
  const char* what;
};

// Adding a frame: one line. The order does not matter.
constexpr SkipRule kSkipRules[] = {
    // The harness's own trigger and the kit's crash handling.
    {"crashwright::postmortem::injection::", "fault injection"},
    {"crashwright::postmortem::detail::pass_fault_point", "fault injection"},
    {"crashwright::postmortem::crash::", "crash handler"},
    {"crashwright::postmortem::record_and_terminate", "crash handler"},
    {"=record_and_terminate", "crash handler"},  // of an unnamed namespace: no linkage name in the debug information
    {"crashwright::postmortem::note_exception", "crash handler"},
    {"crashwright::check_failed", "assertion"},
    // Allocators.
    {"=malloc", "allocator"},
    {"=free", "allocator"},
    {"=calloc", "allocator"},
    {"=realloc", "allocator"},
    {"=cfree", "allocator"},
    {"=posix_memalign", "allocator"},
    {"=aligned_alloc", "allocator"},
    {"operator new", "allocator"},
    {"operator delete", "allocator"},
    {"__libc_malloc", "allocator"},
    {"__libc_free", "allocator"},
    {"__libc_calloc", "allocator"},
    {"__libc_realloc", "allocator"},
    {"__GI___libc_", "allocator"},
    {"_int_", "allocator"},
    {"malloc_", "allocator"},
    {"sysmalloc", "allocator"},
    {"unlink_chunk", "allocator"},
    {"munmap_chunk", "allocator"},
    {"tcache_", "allocator"},
    {"std::allocator", "allocator"},
    {"std::__allocate", "allocator"},
    // libc.
    {"=raise", "libc"},
    {"=gsignal", "libc"},
    {"=abort", "libc"},
    {"=kill", "libc"},
    {"=tgkill", "libc"},
    {"=syscall", "libc"},
    {"=read", "libc"},
    {"=write", "libc"},
    {"=pread", "libc"},
    {"=pwrite", "libc"},
    {"=pwrite64", "libc"},
    {"=writev", "libc"},
    {"=fsync", "libc"},
    {"=fdatasync", "libc"},
    {"=recv", "libc"},
    {"=epoll_wait", "libc"},
    {"=nanosleep", "libc"},
    {"=clock_nanosleep", "libc"},
    {"=exit", "libc"},
    {"__GI_", "libc"},
    {"__pthread_", "libc"},
    {"___pthread_", "libc"},
    {"pthread_", "libc"},
    {"__libc_message", "libc"},
    {"__libc_start", "libc"},
    {"__libc_fatal", "libc"},
    {"__fortify_fail", "libc"},
    {"__stack_chk_fail", "libc"},
    {"__chk_fail", "libc"},
    {"__restore_rt", "libc"},
    {"__kernel_vsyscall", "libc"},
    {"__lll_lock", "libc"},
    {"__GI___lll", "libc"},
    {"__futex_", "libc"},
    {"futex_", "libc"},
    {"__mem", "libc"},
    {"__str", "libc"},
    {"=memcpy", "libc"},
    {"=memmove", "libc"},
    {"=memset", "libc"},
    {"=memcmp", "libc"},
    {"=strlen", "libc"},
    {"=strcpy", "libc"},
    {"=strncpy", "libc"},
    {"=strcmp", "libc"},
    {"=strcat", "libc"},
    {"=start_thread", "libc"},
    {"=clone", "libc"},
    {"__clone", "libc"},
    {"=_start", "libc"},
    {"=??", "unknown"},
    {"=<unknown>", "unknown"},
    // Assertions of others.
    {"__assert_", "assertion"},
    {"__assert", "assertion"},
    {"g_assertion_message", "assertion"},
    {"_g_log_abort", "assertion"},
    {"absl::log_internal", "assertion"},
    {"google::LogMessage", "assertion"},
    {"logging::LogMessage", "assertion"},
    {"logging::CheckError", "assertion"},
    {"base::debug::", "assertion"},
    {"V8_Fatal", "assertion"},
    {"V8_Dcheck", "assertion"},
    {"v8::base::OS::Abort", "assertion"},
    {"rust_panic", "assertion"},
    {"rust_begin_unwind", "assertion"},
    {"__rust_", "assertion"},
    {"core::panicking", "assertion"},
    {"std::panicking", "assertion"},
    {"std::sys", "assertion"},
    // Terminate and unwinding.
    {"std::terminate", "terminate"},
    {"__cxa_", "terminate"},
    {"__clang_call_terminate", "terminate"},
    {"__cxxabiv1::", "terminate"},
    {"__gnu_cxx::", "standard library"},
    {"__gxx_personality", "terminate"},
    {"_Unwind_", "terminate"},
    {"abort_message", "terminate"},
    {"demangling_terminate_handler", "terminate"},
    {"std::__throw_", "terminate"},
    // Sanitizers and fuzzers.
    {"__asan", "sanitizer"},
    {"__hwasan", "sanitizer"},
    {"__msan", "sanitizer"},
    {"__tsan", "sanitizer"},
    {"__lsan", "sanitizer"},
    {"__ubsan", "sanitizer"},
    {"__sanitizer", "sanitizer"},
    {"__interceptor", "sanitizer"},
    {"___interceptor", "sanitizer"},
    {"__interception", "sanitizer"},
    {"fuzzer::", "fuzzer"},
    // The standard library, and names without a home.
    {"std::", "standard library"},
    {"core::option", "standard library"},  // Rust
    {"core::result", "standard library"},
    {"core::ops", "standard library"},
    {"core::slice", "standard library"},
    {"core::str", "standard library"},
    {"core::ptr", "standard library"},
    {"alloc::alloc", "standard library"},
    {"alloc::raw_vec", "standard library"},
    {"alloc::vec", "standard library"},
    {"alloc::boxed", "standard library"},
    {"runtime.", "standard library"},  // Go
    {"syscall.", "standard library"},
    {"=panic", "assertion"},
    {"java.", "standard library"},  // Java
    {"javax.", "standard library"},
    {"jdk.", "standard library"},
    {"sun.", "standard library"},
    {"System.", "standard library"},  // .NET
    {"Microsoft.", "standard library"},
    {"__gthread", "standard library"},
    {"__invoke", "standard library"},
    {"=_M_run", "standard library"},
    {"=_M_invoke", "standard library"},
    {"=operator()", "lambda"},
    {"=_FUN", "lambda"},
};

// Where no module is known (texts of sanitizers), the source path tells.
constexpr std::string_view kForeignPaths[] = {
    "/usr/include/", "/usr/lib/gcc/",      "libsanitizer/", "compiler-rt/",  "sysdeps/", "/nptl/",
    "/csu/",         "/stdlib/abort.c",    "libsupc++/",    "libstdc++-v3/", "/glibc",   "/rustc/",
    "<frozen ",      "/usr/local/go/src/", "/usr/lib/go",   "node:"};

bool matches(const SkipRule& rule, std::string_view name) {
  if (rule.prefix.starts_with('=')) return name == rule.prefix.substr(1);
  return name.starts_with(rule.prefix);
}

struct StackRule {
  std::string_view prefix;
  const char* cause;
  double strength;
};

// Frames that only one kind of death passes through.
constexpr StackRule kStackRules[] = {
    {"__assert", "ASSERTION", 0.9},
    {"__GI___assert_fail", "ASSERTION", 0.9},
    {"g_assertion_message", "ASSERTION", 0.9},
    {"crashwright::check_failed", "ASSERTION", 0.9},
    {"absl::log_internal::LogMessageFatal", "ASSERTION", 0.8},
    {"google::LogMessageFatal", "ASSERTION", 0.8},
    {"V8_Fatal", "ASSERTION", 0.8},
    {"rust_panic", "ASSERTION", 0.8},
    {"std::terminate", "EXCEPTION", 0.9},
    {"__cxa_throw", "EXCEPTION", 0.8},
    {"__cxxabiv1::__terminate", "EXCEPTION", 0.9},
    {"__gnu_cxx::__verbose_terminate_handler", "EXCEPTION", 0.9},
    {"demangling_terminate_handler", "EXCEPTION", 0.9},
    {"__cxa_call_terminate", "EXCEPTION", 0.9},
    {"__cxa_pure_virtual", "ABORT", 0.9},
    {"__stack_chk_fail", "STACK_BUFFER_OVERFLOW", 0.9},
    {"__fortify_fail", "STACK_BUFFER_OVERFLOW", 0.6},
    {"__chk_fail", "STACK_BUFFER_OVERFLOW", 0.6},
    {"malloc_printerr", "DOUBLE_FREE", 0.5},
    {"std::__throw_bad_alloc", "OOM", 0.9},
    {"abort", "ABORT", 0.85},
    {"__GI_abort", "ABORT", 0.85},
};

// Frames looked at: deeper ones belong to the program's own business.
constexpr size_t kStackRuleFrames = 24;

}  // namespace

const char* why_skipped(const Frame& frame) {
  if (frame.function.empty()) return "unknown";
  const std::string name = plain_function_name(frame.function);
  for (const SkipRule& rule : kSkipRules) {
    if (matches(rule, name)) return rule.what;
  }
  // Helpers of a runtime that is linked into the program: static, but they hand its types around.
  if (frame.function.find("__ubsan::") != std::string::npos) return "sanitizer";
  if (is_system_module(frame.module)) return "system library";
  for (const std::string_view path : kForeignPaths) {
    if (frame.file.find(path) != std::string::npos) return "system library";
  }
  // Python's own modules, not what was installed besides.
  const bool of_python = frame.file.find("/lib/python") != std::string::npos;
  if (of_python && frame.file.find("-packages/") == std::string::npos) return "standard library";
  return name.empty() ? "unknown" : nullptr;
}

BlamedFrame blame(const std::vector<Frame>& frames) {
  if (!frames.empty() && harness_bug_active("rca_takes_the_innermost_frame")) {
    return {short_function_name(plain_function_name(frames[0].function)), "innermost frame", 0};
  }
  std::vector<std::string_view> skipped;
  for (size_t i = 0; i < frames.size(); ++i) {
    if (const char* const why = why_skipped(frames[i]); why != nullptr) {
      if (std::ranges::find(skipped, why) == skipped.end()) skipped.emplace_back(why);
      continue;
    }
    std::string reason = "first frame of the project";
    for (size_t k = 0; k < skipped.size(); ++k)
      reason += (k == 0 ? ", after those of: " : ", ") + std::string(skipped[k]);
    return {short_function_name(plain_function_name(frames[i].function)), std::move(reason), i};
  }
  return {};
}

std::optional<size_t> frame_of(const std::vector<Frame>& frames, const std::string& function) {
  if (function.empty()) return std::nullopt;
  const auto is_it = [&](const Frame& frame) {
    return why_skipped(frame) == nullptr && short_function_name(plain_function_name(frame.function)) == function;
  };
  const auto found = std::ranges::find_if(frames, is_it);
  return found == frames.end() ? std::nullopt : std::optional(static_cast<size_t>(found - frames.begin()));
}

std::vector<std::string> project_frames(const std::vector<Frame>& frames, size_t count) {
  std::vector<std::string> names;
  for (const Frame& frame : frames) {
    if (names.size() >= count) break;
    if (why_skipped(frame) != nullptr) continue;
    std::string name = short_function_name(plain_function_name(frame.function));
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  }
  return names;
}

std::vector<Evidence> stack_evidence(const std::vector<Frame>& frames, const std::string& source) {
  std::vector<Evidence> found;
  const bool pure_virtual =
      std::ranges::any_of(frames, [](const Frame& frame) { return frame.function.starts_with("__cxa_pure_virtual"); });
  for (size_t i = 0; i < frames.size() && i < kStackRuleFrames; ++i) {
    const std::string name = plain_function_name(frames[i].function);
    for (const StackRule& rule : kStackRules) {
      if (!name.starts_with(rule.prefix)) continue;
      const bool known = std::ranges::any_of(found, [&](const Evidence& e) { return e.cause == rule.cause; });
      // A pure virtual call ends in std::terminate without any exception.
      const bool no_exception = pure_virtual && std::string_view(rule.cause) == "EXCEPTION";
      if (!known && !no_exception) {
        found.push_back(make_evidence(EvidenceTier::kFrames, source, rule.cause, rule.strength,
                                      "frame " + std::to_string(i), frames[i].function));
      }
      break;
    }
  }
  return found;
}

}  // namespace crashwright::rca
