// Where the programs of a command line are that was written for one folder and is run in another.
//
//   a/b, ./b     is looked for in each of `folders`, in order, and becomes a path from the root; so does a word ./b
//                inside the text behind `-c`, and an argument with a slash that is a script or a program there
//   b.py, b.sh   the first argument, as in `python3 b.py`: the same
//   b            the program itself: as above when `bare_names`, otherwise, and when it is in none of them, PATH
// What is not found stays as it was written. Threads: any. Errors: none here; starting it tells.
#pragma once

#include <string>
#include <vector>

namespace crashwright::harness {

struct ProgramPlaces {
  std::vector<std::string> folders;  // absolute
  bool bare_names = false;
};

// Of a scenario file: its folder, the folders in CRASHWRIGHT_PROGRAMS (separated by colons), then `foreign` beside this
// executable and its own folder.
[[nodiscard]] ProgramPlaces scenario_places(const std::string& scenario_path);

[[nodiscard]] std::vector<std::string> bind_program_words(std::vector<std::string> argv, const ProgramPlaces& places);

// The folder `path`, relative to the first of the places that has it; empty when none does.
[[nodiscard]] std::string find_folder(const std::string& path, const ProgramPlaces& places);

// Can `word` be run, as bind_program_words() or PATH finds it?
[[nodiscard]] bool program_exists(const std::string& word, const ProgramPlaces& places);

}  // namespace crashwright::harness
