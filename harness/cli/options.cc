#include "harness/cli/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "harness/cli/exit_code.h"
#include "harness/scenario/suggest.h"
#include "harness/scenario/value.h"

namespace crashwright::harness::cli {
namespace {

// Refuses what is none of `words`: with the nearest one, or else with all of them.
void expect_word(const std::string& option, const std::string& text, const std::vector<std::string>& words) {
  if (std::ranges::find(words, text) != words.end()) return;
  const std::string hint = suggestion(text, words);
  const std::string remedy =
      hint.empty() ? "\n  " + wrap(fmt::format("one of: {}", fmt::join(words, ", ")), 2) : "; " + hint;
  throw CLI::ValidationError(option, fmt::format("cannot be \"{}\"{}", text, remedy));
}

}  // namespace

struct Options::Parser {
  CLI::App app;
};

Options::Options(std::string command, std::string summary)
    : command_(std::move(command)), summary_(std::move(summary)), parser_(std::make_unique<Parser>()) {
  parser_->app.set_help_flag();
  parser_->app.allow_extras();
}

Options::~Options() = default;

void Options::text(const char* name, const char* value, std::string& target, const char* doc) {
  parser_->app.add_option(name, target);
  remember(name, value, doc);
}

void Options::texts(const char* name, const char* value, std::vector<std::string>& target, const char* doc) {
  parser_->app.add_option(name, target)->expected(1)->take_all()->allow_extra_args(false);
  remember(name, value, fmt::format("{} (may be given several times)", doc).c_str());
}

void Options::number(const char* name, const char* value, uint64_t& target, const char* doc) {
  const std::string option = name;
  parser_->app.add_option_function<std::string>(name, [&target, option](const std::string& text) {
    const auto parsed = parse_count(text);
    if (!parsed) throw CLI::ValidationError(option, parsed.error().message);
    target = *parsed;
  });
  remember(name, value, doc);
}

void Options::flag(const char* name, bool& target, const char* doc) {
  parser_->app.add_flag(name, target);
  remember(name, "", doc);
}

void Options::word(const char* name, const char* value, std::string& target, std::vector<std::string> words,
                   const char* doc) {
  remember(name, value, doc, words);
  const std::string option = name;
  parser_->app.add_option_function<std::string>(name, [&target, option, words](const std::string& text) {
    expect_word(option, text, words);
    target = text;
  });
}

void Options::words(const char* name, const char* value, std::vector<std::string>& target,
                    std::vector<std::string> words, const char* doc) {
  remember(name, value, fmt::format("{} (may be given several times)", doc).c_str(), words);
  const std::string option = name;
  const auto take = [&target, option, words](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      size_t begin = 0;
      for (size_t end = 0; end != std::string::npos; begin = end + 1) {
        end = text.find(',', begin);
        const std::string word = text.substr(begin, end == std::string::npos ? end : end - begin);
        expect_word(option, word, words);
        target.push_back(word);
      }
    }
  };
  parser_->app.add_option_function<std::vector<std::string>>(name, take)
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
}

void Options::arguments(const char* value, std::vector<std::string>& target, const char* doc,
                        std::vector<std::string> words) {
  parser_->app.add_option("arguments", target);
  arguments_.push_back({value, "", doc, std::move(words)});
}

void Options::example(const char* line) { examples_.emplace_back(line); }
void Options::note(const char* text, const char* line) { notes_.emplace_back(text, line); }
void Options::tail(const char* usage) { tail_ = usage; }

std::optional<int> Options::parse(const std::vector<std::string>& arguments) {
  if (print_help(arguments)) return kExitPassed;
  const auto refuse = [&](const std::string& what, const std::string& hint) {
    fmt::print(stderr, "crashwright {}: {}\n", command_, what);
    if (!hint.empty()) fmt::print(stderr, "  {}\n", hint);
    fmt::print(stderr, "  see: crashwright {} --help\n", command_);
    return kExitUsage;
  };
  try {
    // CLI11 takes its vector from the back.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    parser_->app.parse(reversed);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string said = error.what();  // "--seed: 1 required TEXT missing"
    const size_t name = said.find(": 1 required");
    return refuse(name == std::string::npos ? said : said.substr(0, name) + " wants a value", "");
  } catch (const CLI::Error& error) {
    return refuse(error.what(), "");
  }
  const std::vector<std::string> rest = parser_->app.remaining();
  if (rest.empty()) return std::nullopt;
  const std::string name = rest.front().substr(0, rest.front().find('='));
  if (name.rfind('-', 0) != 0) {
    return refuse(fmt::format("does not take \"{}\"", name),
                  tail_.empty() ? "" : fmt::format("the program and its arguments stand behind --: -- {}", name));
  }
  std::vector<std::string> names = {"--help"};
  for (const Entry& option : options_) names.push_back(option.name);
  return refuse(fmt::format("no option {}", name), suggestion(name, names));
}

void Options::remember(const char* name, const char* value, const char* doc, std::vector<std::string> words) {
  options_.push_back({name, value, doc, std::move(words)});
}

}  // namespace crashwright::harness::cli
