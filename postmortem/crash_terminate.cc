#include "postmortem/crash_terminate.h"

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <typeinfo>

#include "postmortem/crash_texts.h"

namespace crashwright::postmortem {
namespace {

std::terminate_handler g_previous = nullptr;

void note_exception() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type == nullptr) return;  // terminate without an exception, for example a joinable std::thread destroyed
  note_crash_text(crash_format::TextKind::kExceptionType, type->name());
  try {
    throw;
  } catch (const std::exception& exception) {
    note_crash_text(crash_format::TextKind::kExceptionWhat, exception.what());
  } catch (...) {
    // Not derived from std::exception: the type is all there is to say.
  }
}

[[noreturn]] void record_and_terminate() {
  note_exception();
  if (g_previous != nullptr) g_previous();
  std::abort();
}

}  // namespace

void install_terminate_handler() {
  const std::terminate_handler previous = std::set_terminate(record_and_terminate);
  if (previous != record_and_terminate) g_previous = previous;
}

}  // namespace crashwright::postmortem
