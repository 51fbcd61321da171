// Goal: a format string that passes the check formats without trouble, a wrong one does not compile.
// Method: the check called at run time on good and bad pairs; then random specs, judged by fmt itself.
#include "postmortem/log_format_check.h"

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <string>

#include "base/checksum.h"
#include "base/random.h"
#include "postmortem/flight_text.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using detail::check_log_format;

namespace {

const char* check(std::string_view format, std::initializer_list<LogArgument> types) {
  return check_log_format(format, types.begin(), types.size());
}

std::string text_of(const char* message) { return message == nullptr ? "" : message; }

}  // namespace

BOOST_AUTO_TEST_CASE(formats_that_fit_their_arguments_pass) {
  BOOST_TEST(text_of(check("nothing", {})) == "");
  BOOST_TEST(text_of(check("{}{}", {LogArgument::kInt32, LogArgument::kString})) == "");
  BOOST_TEST(text_of(check("{{{}}}", {LogArgument::kBool})) == "");
  BOOST_TEST(text_of(check("{:#010x} {:+.3e} {:*^20} {:c}", {LogArgument::kUint64, LogArgument::kDouble,
                                                             LogArgument::kString, LogArgument::kChar})) == "");
}

BOOST_AUTO_TEST_CASE(formats_that_do_not_fit_are_refused_with_the_reason) {
  BOOST_TEST(text_of(check("{}", {})) == "more placeholders than arguments");
  BOOST_TEST(text_of(check("none", {LogArgument::kInt8})) == "fewer placeholders than arguments");
  BOOST_TEST(text_of(check("{", {LogArgument::kInt8})) == "'{' without '}'");
  BOOST_TEST(text_of(check("}", {})) == "'}' alone: write '}}'");
  BOOST_TEST(text_of(check("{0}", {LogArgument::kInt8})) ==
             "positions are not supported: write '{}', '{:...}', '{name}' or '{name=}'");
  BOOST_TEST(text_of(check("{:x}", {LogArgument::kDouble})) == "the presentation does not fit the argument's type");
  BOOST_TEST(text_of(check("{:.2}", {LogArgument::kInt64})) == "a precision needs a double or a string");
  BOOST_TEST(text_of(check("{:.}", {LogArgument::kDouble})) == "a precision needs digits");
  BOOST_TEST(text_of(check("{:+}", {LogArgument::kString})) == "a sign needs a signed number");
  BOOST_TEST(text_of(check("{:+}", {LogArgument::kUint32})) == "a sign needs a signed number");
  BOOST_TEST(text_of(check("{:#}", {LogArgument::kChar})) == "'#' needs a number");
  BOOST_TEST(text_of(check("{:08}", {LogArgument::kBool})) == "'0' needs a number");
  BOOST_TEST(text_of(check("{:dd}", {LogArgument::kInt8})) == "cannot be understood after the presentation");
  BOOST_TEST(text_of(check("{:1234}", {LogArgument::kInt8})) != "");
}

BOOST_AUTO_TEST_CASE(the_check_works_at_compile_time) {
  constexpr LogArgument types[] = {LogArgument::kInt32};
  static_assert(check_log_format("{:d}", types, 1) == nullptr);
  static_assert(check_log_format("{:s}", types, 1) != nullptr);
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(whatever_passes_the_check_is_formatted_by_fmt_without_trouble) {
  constexpr uint64_t kSeed = 20240817;
  std::cout << "seed " << kSeed << '\n';
  Random random(kSeed);
  const std::string alphabet = "<>^*+- #0123.dxXobBscpeEfFgGaA{:";
  const std::string payload(kLogStringBytesMax + 2, '\0');
  int passed = 0;
  for (int i = 0; i < 300000; ++i) {
    const auto type = static_cast<LogArgument>(1 + random.below(13));
    std::string format = "{:";
    for (uint64_t length = random.below(6); length > 0; --length) format += alphabet[random.below(alphabet.size())];
    format += "}";
    if (check_log_format(format, &type, 1) != nullptr) continue;
    ++passed;
    FlightSiteSlot site{};
    site.argument_count = 1;
    site.arguments[0] = type;
    site.format.assign(format);
    const std::string text = word_record(site, payload).text;
    BOOST_TEST(!text.starts_with("(cannot be formatted"),
               format << " with type " << static_cast<int>(type) << ": " << text);
  }
  BOOST_TEST(passed > 1000);
}

BOOST_AUTO_TEST_CASE(placeholders_may_have_names) {
  const std::initializer_list<LogArgument> two = {LogArgument::kInt32, LogArgument::kDouble};
  BOOST_TEST(text_of(check("{quantity} at {price:.2f}", two)) == "");
  BOOST_TEST(text_of(check("{quantity=} {order.price=:.2f}", two)) == "");
  BOOST_TEST(text_of(check("{a}{{a}}{b}", two)) == "");
  BOOST_TEST(text_of(check("{a} {a}", two)) == "two placeholders have the same name");
  BOOST_TEST(text_of(check("{a=} {a:.2f}", two)) == "two placeholders have the same name");
  BOOST_TEST(text_of(check("{a b} {}", two)) ==
             "positions are not supported: write '{}', '{:...}', '{name}' or '{name=}'");
  BOOST_TEST(text_of(check("{a:x} {b:x}", two)) == "the presentation does not fit the argument's type");
}
