// One line of a stack as runtimes other than C's and readers of dumps print it.
//
// Names come out in one form: "main.Gateway.Send" (Go), "com.desk.Expr.simplify" (Java), "limits.load" (Python and
// scripts: the name of the file stands before the function's), "engine::book::Book::best" (Rust). Where a module is
// all that is known, the offset into it stands as the address.
// Threads: any. Signal context: no. Errors: nullopt for a line that is no frame of that kind; any bytes.
#pragma once

#include <optional>
#include <string_view>

#include "rca/autopsy.h"

namespace crashwright::rca {

using FrameReader = std::optional<Frame> (*)(std::string_view line);

// "main.(*Gateway).Send(0x0, 0xc0000b2000)"; the place stands in the next line.
[[nodiscard]] std::optional<Frame> go_frame(std::string_view line);
// "   3: engine::book::Book::best"; the place stands in the next line.
[[nodiscard]] std::optional<Frame> rust_frame(std::string_view line);
// "  File "/opt/risk/limits.py", line 12, in load"
[[nodiscard]] std::optional<Frame> python_frame(std::string_view line);
// "    at com.desk.Main.main(Main.java:12)", "   at Desk.Gateway.Send(Order o) in /src/Gateway.cs:line 41",
// "    at send (/srv/gateway.js:41:7)": Java, .NET, node.
[[nodiscard]] std::optional<Frame> at_frame(std::string_view line);
// "decode.rb:12:in `decode'"
[[nodiscard]] std::optional<Frame> ruby_frame(std::string_view line);
// " 0# desk::Book::best() const at book.cc:41": std::stacktrace and Boost's.
[[nodiscard]] std::optional<Frame> stacktrace_frame(std::string_view line);
// " 0  engine!md::Book::apply(md::Order const&) [book.cc : 117 + 0x4]": minidump-stackwalk.
[[nodiscard]] std::optional<Frame> breakpad_frame(std::string_view line);
// "0   engine   0x104b2c1f0 desk::Book::best() const + 24 (book.cc:41)"
[[nodiscard]] std::optional<Frame> macos_frame(std::string_view line);
// "00000044`d0cff5e0 00007ff6`3a1c1f00 : desk!Blotter::selectedRow+0x1d"
[[nodiscard]] std::optional<Frame> windbg_frame(std::string_view line);
// "# C  [libfeed.so+0x1e40]  decode_add+0x10": the JVM about code that is not its own.
[[nodiscard]] std::optional<Frame> jvm_frame(std::string_view line);
// "engine[501]: segfault at 10 ip 000055b20c1f21a0 sp ... in engine[55b20c1e0000+41000]": module and offset.
[[nodiscard]] std::optional<Frame> kernel_frame(std::string_view line);

}  // namespace crashwright::rca
