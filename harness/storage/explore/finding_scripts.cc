#include "harness/storage/explore/finding_scripts.h"

#include <filesystem>

#include "base/file.h"
#include "base/shell_word.h"

namespace crashwright::harness {
namespace {

Status keep_script(const std::string& path, const std::string& text) {
  if (auto put = write_file(path, text); !put) return put;
  std::error_code error;
  std::filesystem::permissions(path, std::filesystem::perms(0755), error);
  return error ? fail(ErrorKind::kEnvironment, path + ": " + error.message()) : Status();
}

std::string judge_script(const std::vector<std::string>& checker) {
  std::string text =
      "#!/bin/sh\n"
      "# Judges the kept image once more: the checker on a copy, with the tokens acknowledged before.\n"
      "here=$(cd \"$(dirname \"$0\")\" && pwd)\n"
      "copy=$(mktemp -d) && trap 'rm -rf \"$copy\"' EXIT && cp -a \"$here/image/.\" \"$copy\" && cd \"$copy\" || exit "
      "5\n"
      "CRASHWRIGHT_ACKED=$here/acked.txt";
  for (const std::string& word : checker) text += " " + shell_word(word);
  return text + "\n";
}

}  // namespace

Status keep_scripts(const StorageFinding& finding, const std::string& repro, const std::vector<std::string>& checker) {
  if (finding.folder.empty()) return {};
  if (auto kept = keep_script(finding.folder + "/repro.sh", repro); !kept || checker.empty()) return kept;
  return keep_script(finding.folder + "/judge.sh", judge_script(checker));
}

}  // namespace crashwright::harness
