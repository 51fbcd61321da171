#include "harness/cli/crash_places.h"

#include <algorithm>
#include <filesystem>

#include "rca/artefact_search.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kEntriesMax = 100'000;

struct Entries {
  std::vector<std::string> folders;
  std::vector<std::string> files;
};

Entries entries_of(const std::string& path) {
  Entries entries;
  std::error_code error;
  size_t count = 0;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end && count++ < kEntriesMax;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) entries.folders.push_back(entry->path().string());
    if (entry->is_regular_file(ignored)) entries.files.push_back(entry->path().string());
  }
  std::ranges::sort(entries.folders);
  std::ranges::sort(entries.files);
  return entries;
}

bool is_run(const std::string& folder) {
  std::error_code error;
  return fs::exists(folder + "/events.jsonl", error);
}

bool is_case(const std::string& folder) {
  std::error_code error;
  return fs::exists(folder + "/facts.json", error) || fs::exists(folder + "/rca.json", error);
}

void append(const std::vector<std::string>& from, std::vector<std::string>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

// A folder of no run, with all that lies below it.
void find_remains(const std::string& folder, CrashPlaces& found) {
  const rca::FoundFiles files = rca::search_files(folder);
  const size_t cores = files.cores.size() + files.packed_cores.size();
  if (cores > 1) {
    append(files.cores, found.places);
    append(files.packed_cores, found.places);
    for (const std::string& text : files.texts) found.left_out.push_back(text + ": which of the cores is it about?");
  } else if (cores == 1 || !files.records.empty() || !files.control_blocks.empty() || !files.cgroup.empty()) {
    found.places.push_back(folder);
  } else {
    append(files.reports, found.places);
    append(files.texts, found.places);
    if (files.reports.empty() && files.texts.empty()) {
      found.left_out.push_back(folder + ": no core, no crash record, no report and no text in it");
    }
  }
}

// A file beside folders.
void find_in_file(const std::string& path, CrashPlaces& found) {
  using rca::FileKind;
  const FileKind kind = rca::kind_of_file(path);
  const bool crash = kind == FileKind::kCore || kind == FileKind::kPackedCore || kind == FileKind::kSanitizerReport ||
                     kind == FileKind::kText;
  if (crash) {
    found.places.push_back(path);
  } else if (kind != FileKind::kProgram) {
    found.left_out.push_back(path + ": neither a core nor a text");
  }
}

}  // namespace

void find_crashes(const std::string& path, CrashPlaces& found) {
  std::error_code error;
  if (!fs::is_directory(path, error) || is_case(path)) {
    found.places.push_back(path);
    return;
  }
  const Entries entries = entries_of(path);
  if (entries.folders.empty()) return find_remains(path, found);
  const bool of_runs = !is_run(path) && std::ranges::any_of(entries.folders, is_run);
  for (const std::string& folder : entries.folders) {
    if (of_runs && is_run(folder)) find_crashes(folder, found);
    if (of_runs) continue;
    if (is_case(folder) || is_run(path)) {
      found.places.push_back(folder);
    } else {
      find_remains(folder, found);
    }
  }
  if (of_runs || is_run(path)) return;
  for (const std::string& file : entries.files) find_in_file(file, found);
}

}  // namespace crashwright::harness::cli
