// Where single crashes lie in what a person named to `triage`: runs, folders of runs, cases, folders with what deaths
// left, cores, texts.
//
// A folder with facts.json is a case. In any other folder several cores are a crash each; one core, a crash record or a
// control block makes the folder one crash, to which its reports and texts belong; without these each report and each
// text is a crash of its own.
// Threads: any. Errors: what cannot be read is passed over.
#pragma once

#include <string>
#include <vector>

namespace crashwright::harness::cli {

struct CrashPlaces {
  std::vector<std::string> places;
  std::vector<std::string> left_out;  // "PATH: why"
};

// Appends what lies at `path`.
void find_crashes(const std::string& path, CrashPlaces& found);

}  // namespace crashwright::harness::cli
