// The std::terminate handler of the crash handler: notes type and what() of the exception, then lets the handler that
// was there before print its text and abort.
//
// Threads: install once. Signal context: no (terminate is called in normal context). Errors: none.
#pragma once

namespace crashwright::postmortem {

void install_terminate_handler();

}  // namespace crashwright::postmortem
