#include "harness/cli/run_reference.h"

#include <filesystem>

namespace crashwright::harness::cli {

namespace fs = std::filesystem;

Result<RunReference> open_run(const std::string& given) {
  std::error_code trouble;
  const auto has_events = [&](const fs::path& folder) { return fs::exists(folder / "events.jsonl", trouble); };
  fs::path folder = given;
  if (folder.filename() == "events.jsonl") folder = folder.has_parent_path() ? folder.parent_path() : ".";
  if (!has_events(folder) && has_events(folder / "latest")) folder /= "latest";
  if (!has_events(folder)) {
    return fail(ErrorKind::kUsage, given + ": no run there", "name the folder of a run: it holds events.jsonl");
  }
  folder = fs::canonical(folder, trouble);
  auto record = read_events((folder / "events.jsonl").string());
  if (!record) return tl::unexpected(record.error());
  return RunReference{folder.string(), std::move(*record)};
}

}  // namespace crashwright::harness::cli
