#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"

namespace crashwright::harness::cli {
namespace {

// Options and their values are asked for with --help-complete when they are needed, so that no list here can go stale:
// a line for each option, its name, what completes its value, and what it does, with tabs between.
constexpr const char* kBash = R"sh(# bash completion of crashwright; source it, or put it into
# /usr/share/bash-completion/completions/crashwright
_crashwright() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "@NAMES@" -- "$word"))
    return
  fi
  local table kind
  # `storage explore` and `audit print` are two words.
  local part=
  [ "$COMP_CWORD" -gt 2 ] && [ "${COMP_WORDS[2]:0:1}" != "-" ] && part=${COMP_WORDS[2]}
  table=$("${COMP_WORDS[0]}" "${COMP_WORDS[1]}" ${part:+"$part"} --help-complete 2>/dev/null)
  if [ "${word:0:1}" = "-" ]; then
    COMPREPLY=($(compgen -W "$(cut -f1 <<< "$table" | grep '^-')" -- "$word"))
    return
  fi
  kind=$(awk -F'\t' -v name="$before" '$1 == name { print $2 }' <<< "$table")
  if [ -z "$kind" ] || [ "$kind" = "=" ]; then
    kind=$(awk -F'\t' '$1 == "." { print $2 }' <<< "$table")
  fi
  case "$kind" in
    -) COMPREPLY=() ;;
    @folder) COMPREPLY=($(compgen -d -- "$word")) ;;
    @file | = | '') COMPREPLY=($(compgen -f -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$kind" -- "$word")) ;;
  esac
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
    return
  fi
  local -a options
  local line kind part named before=$words[CURRENT-1]
  # `storage explore` and `audit print` are two words.
  (( CURRENT > 3 )) && [[ $words[3] != -* ]] && part=$words[3]
  for line in ${(f)"$($words[1] $words[2] ${part:+$part} --help-complete 2>/dev/null)"}; do
    local -a cells=("${(@s:	:)line}")
    if [[ $cells[1] == . ]]; then
      named=$cells[2]
      continue
    fi
    options+=("${cells[1]}:${cells[3]//:/\\:}")
    [[ $cells[1] == $before ]] && kind=$cells[2]
  done
  [[ -z $kind || $kind == '=' ]] && kind=$named
  if [[ $words[CURRENT] == -* ]]; then
    _describe option options
  elif [[ $kind == @folder ]]; then
    _files -/
  elif [[ -z $kind || $kind == '=' || $kind == @file ]]; then
    _files
  elif [[ $kind != '-' ]]; then
    compadd -- ${=kind}
  fi
}
[[ $zsh_eval_context[-1] == loadautofunc ]] && _crashwright "$@"
(( ${+functions[compdef]} )) && compdef _crashwright crashwright
true
)sh";

constexpr const char* kFish =
    R"sh(# fish completion of crashwright; put it into ~/.config/fish/completions/crashwright.fish
function __crashwright_table
  set -l words (commandline -opc)
  test (count $words) -ge 2; or return
  # `storage explore` and `audit print` are two words.
  set -l part
  if test (count $words) -ge 3; and not string match -q -- '-*' $words[3]
    set part $words[3]
  end
  $words[1] $words[2] $part --help-complete 2>/dev/null
end
function __crashwright_options
  for line in (__crashwright_table)
    set -l cells (string split \t -- $line)
    test $cells[1] = .; or printf '%s\t%s\n' $cells[1] $cells[3]
  end
end
function __crashwright_arguments
  for line in (__crashwright_table)
    set -l cells (string split \t -- $line)
    if test "$cells[1]" = .
      string split ' ' -- $cells[2]
      return
    end
  end
  __fish_complete_path (commandline -ct)
end
function __crashwright_values
  set -l before (commandline -opc)[-1]
  for line in (__crashwright_table)
    set -l cells (string split \t -- $line)
    if test "$cells[1]" = "$before"
      switch $cells[2]
        case -
        case '@folder'
          __fish_complete_directories (commandline -ct)
        case '='
          __crashwright_arguments
        case '@file'
          __fish_complete_path (commandline -ct)
        case '*'
          string split ' ' -- $cells[2]
      end
      return
    end
  end
  __crashwright_arguments
end
complete -c crashwright -f
function __crashwright_at_option
  not __fish_use_subcommand; and string match -q -- '-*' (commandline -ct)
end
function __crashwright_at_value
  not __fish_use_subcommand; and not string match -q -- '-*' (commandline -ct)
end
@DESCRIBED@complete -c crashwright -n __crashwright_at_option -a "(__crashwright_options)"
complete -c crashwright -n __crashwright_at_value -a "(__crashwright_values)"
)sh";

std::string filled(std::string script, const std::string& mark, const std::string& text) {
  return script.replace(script.find(mark), mark.size(), text);
}

std::string bash_script() {
  std::string names;
  for (const Command& command : all_commands()) names += (names.empty() ? "" : " ") + std::string(command.name);
  return filled(kBash, "@NAMES@", names);
}

// In single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result;
}

std::string zsh_script() {
  std::string described;
  for (const Command& command : all_commands()) {
    std::string summary = quoted(command.summary);
    for (size_t at = summary.find(':'); at != std::string::npos; at = summary.find(':', at + 2)) {
      summary.insert(at, "\\");
    }
    described += fmt::format("      '{}:{}'\n", command.name, summary);
  }
  return filled(kZsh, "@DESCRIBED@", described);
}

std::string fish_script() {
  std::string described;
  for (const Command& command : all_commands()) {
    described += fmt::format("complete -c crashwright -n __fish_use_subcommand -a {} -d '{}'\n", command.name,
                             quoted(command.summary));
  }
  return filled(kFish, "@DESCRIBED@", described);
}

}  // namespace

int completion_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> shells;
  Options options("completion", "Prints the completion script for a shell: commands, options, and what options take.");
  options.arguments("SHELL", shells, "bash, zsh or fish", {"bash", "zsh", "fish"});
  options.example("source <(crashwright completion bash)");
  options.example("crashwright completion zsh > ~/.zfunc/_crashwright");
  options.example("crashwright completion fish > ~/.config/fish/completions/crashwright.fish");
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
