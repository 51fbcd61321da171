#!/usr/bin/env bash
# Goal: bash, zsh and fish complete commands, options and the words that an option takes, as a user sees it.
# usage: completion_test.sh FOLDER-OF-CRASHWRIGHT
# A shell that is not installed is left out, and said to be.
set -euo pipefail
PATH=$1:$PATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0
expect() {  # SHELL WHAT EXPECTED-WORD OUTPUT
  if ! grep -qxF -- "$3" <<< "$4"; then
    echo "$1, $2: no \"$3\" in: $(tr '\n' ' ' <<< "$4")"
    status=1
  fi
}
refuse() {
  if grep -qxF -- "$3" <<< "$4"; then
    echo "$1, $2: \"$3\" was not to be offered"
    status=1
  fi
}

ask_bash() {
  bash --norc -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _crashwright
                  printf "%s\n" "${COMPREPLY[@]}"' ask "$folder/crashwright.bash" crashwright "$@"
}
# In a pseudo terminal, as somebody types it: what zsh lists after a second tab.
ask_zsh() {
  python3 - "$folder" "$*" << 'PY'
import os, pty, re, select, sys, time
folder, line = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", COLUMNS="500", ZDOTDIR=folder)
    os.execvp("zsh", ["zsh", "-f", "-i"])
def send(text, until, seconds=20):
    os.write(fd, text.encode())
    got, end = "", time.monotonic() + seconds
    while until not in got and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            got += os.read(fd, 65536).decode(errors="replace")
    return got
send(f"PS1='READY> '; stty cols 500; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; "
     "zstyle ':completion:*' menu no; zstyle ':completion:*' list-prompt ''; setopt nolistbeep; LISTMAX=10000; "
     "bindkey '^I' list-choices; echo SET''UP\n", "SETUP")
got = send(f"crashwright {line}\t", "\0", 4)
os.write(fd, b"\x03")
os.close(fd)
os.waitpid(pid, 0)
got = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\x00-\x08\x0b-\x1f]", "\n", got)
for word in re.split(r"[\s]+", got):
    print(word)
PY
}
ask_fish() {
  HOME=$folder fish -N -c "source $folder/crashwright.fish; complete -C 'crashwright $*'" | cut -f1
}

crashwright completion bash > "$folder/crashwright.bash"
crashwright completion zsh > "$folder/_crashwright"
crashwright completion fish > "$folder/crashwright.fish"
for shell in bash zsh fish; do
  if ! command -v $shell > /dev/null; then
    echo "no $shell here: its completion was not tried"
    continue
  fi
  expect $shell "a command" validate "$(ask_$shell va)"
  expect $shell "an option" --max-fail "$(ask_$shell run --m)"
  expect $shell "a word" sigkill "$(ask_$shell run --fault sigk)"
  expect $shell "a word" json "$(ask_$shell list --format j)"
  refuse $shell "another command's option" --key "$(ask_$shell run --k)"
  expect $shell "a part" explore "$(ask_$shell storage ex)"
  expect $shell "an option of a part" --profile "$(ask_$shell storage explore --prof)"
  expect $shell "an argument" CW131 "$(ask_$shell explain CW13)"
  expect $shell "an argument" verify "$(ask_$shell audit veri)"
done
exit $status
