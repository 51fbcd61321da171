#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"

namespace crashwright::harness::cli {
namespace {

// Options are taken from `crashwright COMMAND --help` when they are asked for, so that no list here can go stale.
constexpr const char* kBash = R"sh(# bash completion of crashwright; source it or put it into /etc/bash_completion.d
_crashwright() {
  local word=${COMP_WORDS[COMP_CWORD]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "@NAMES@" -- "$word"))
  elif [ "${word:0:1}" = "-" ]; then
    COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "${COMP_WORDS[1]}" --help 2>/dev/null |
      sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p')" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _crashwright crashwright
)sh";

constexpr const char* kZsh = R"sh(#compdef crashwright
# zsh completion of crashwright; put it as _crashwright into a folder of $fpath
_crashwright() {
  if (( CURRENT == 2 )); then
    local -a commands
    commands=(
@DESCRIBED@    )
    _describe command commands
  elif [[ $words[CURRENT] == -* ]]; then
    local -a options
    options=(${(f)"$($words[1] $words[2] --help 2>/dev/null | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p')"})
    compadd -- $options
  else
    _files
  fi
}
_crashwright "$@"
)sh";

constexpr const char* kFish =
    R"sh(# fish completion of crashwright; put it into ~/.config/fish/completions/crashwright.fish
function __crashwright_options
  set -l words (commandline -opc)
  $words[1] $words[2] --help 2>/dev/null | string match -rg '^  (--[a-z0-9-]*)'
end
@DESCRIBED@complete -c crashwright -n "not __fish_use_subcommand" -a "(__crashwright_options)"
)sh";

std::string filled(std::string script, const std::string& mark, const std::string& text) {
  return script.replace(script.find(mark), mark.size(), text);
}

std::string bash_script() {
  std::string names;
  for (const Command& command : all_commands()) names += (names.empty() ? "" : " ") + std::string(command.name);
  return filled(kBash, "@NAMES@", names);
}

std::string zsh_script() {
  std::string described;
  for (const Command& command : all_commands())
    described += fmt::format("      '{}:{}'\n", command.name, command.summary);
  return filled(kZsh, "@DESCRIBED@", described);
}

std::string fish_script() {
  std::string described;
  for (const Command& command : all_commands()) {
    described +=
        fmt::format("complete -c crashwright -n __fish_use_subcommand -a {} -d '{}'\n", command.name, command.summary);
  }
  return filled(kFish, "@DESCRIBED@", described);
}

}  // namespace

int completion_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> shells;
  Options options("completion", "Prints the completion script for a shell.");
  options.arguments("SHELL", shells, "bash, zsh or fish");
  options.example("source <(crashwright completion bash)");
  if (const auto code = options.parse(arguments)) return *code;
  const std::string shell = shells.size() == 1 ? shells.front() : "";
  if (shell == "bash") {
    fmt::print("{}", bash_script());
  } else if (shell == "zsh") {
    fmt::print("{}", zsh_script());
  } else if (shell == "fish") {
    fmt::print("{}", fish_script());
  } else {
    return report_error({ErrorKind::kUsage, "completion wants one shell", "bash, zsh or fish"});
  }
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
