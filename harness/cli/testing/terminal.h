// A terminal of so many columns, on which commands print as before a person: both standard descriptors lead there.
//
// What is shown at once must fit the terminal's buffer (4 KiB); nobody reads before the end.
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "base/unique_fd.h"

namespace crashwright::harness::cli::testing {

class Terminal {
 public:
  explicit Terminal(unsigned short columns) : ours_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    BOOST_REQUIRE(ours_ && ::grantpt(ours_.get()) == 0 && ::unlockpt(ours_.get()) == 0);
    theirs_.reset(::open(::ptsname(ours_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    winsize size{};
    size.ws_row = 24;
    size.ws_col = columns;
    BOOST_REQUIRE(theirs_ && ::ioctl(theirs_.get(), TIOCSWINSZ, &size) == 0);
  }

  // All that `work` prints there, with the terminal's ends of lines.
  [[nodiscard]] std::string shows(const std::function<void()>& work) const {
    std::fflush(nullptr);
    const UniqueFd out(::dup(STDOUT_FILENO));
    const UniqueFd err(::dup(STDERR_FILENO));
    ::dup2(theirs_.get(), STDOUT_FILENO);
    ::dup2(theirs_.get(), STDERR_FILENO);
    work();
    std::fflush(nullptr);
    ::dup2(out.get(), STDOUT_FILENO);
    ::dup2(err.get(), STDERR_FILENO);
    ::fcntl(ours_.get(), F_SETFL, O_NONBLOCK);
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(ours_.get(), buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<size_t>(got));
    return text;
  }

 private:
  UniqueFd ours_;
  UniqueFd theirs_;
};

}  // namespace crashwright::harness::cli::testing
