// Which files belong on a time axis: told by their first bytes, a drop copy and a feed by their names.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>

#include "base/unique_fd.h"
#include "postmortem/audit_segments.h"
#include "rca/timeline_sources.h"

namespace crashwright::rca {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFilesMax = 10'000;  // of one folder: a wrong path like / must end

std::string first_bytes(const fs::path& path) {
  char bytes[8] = {};
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const ssize_t got = fd ? ::pread(fd.get(), bytes, sizeof bytes, 0) : 0;
  return {bytes, got > 0 ? static_cast<size_t>(got) : 0};
}

std::optional<TimelineKind> kind_of(const fs::path& path) {
  const std::string name = path.filename();
  const std::string start = first_bytes(path);
  if (start == "CWFLFT01" || start == "CWFLSG01") return TimelineKind::kEngineLog;
  if (start == "CWAUDT01") return TimelineKind::kAuditLog;
  if (start.starts_with("CWSC")) return TimelineKind::kCrash;
  if (name.ends_with("drop_copy.jsonl")) return TimelineKind::kExchange;
  if (name.ends_with(".itch") || name.ends_with(".NASDAQ_ITCH50")) return TimelineKind::kFeed;
  return std::nullopt;
}

// Beside the session that died, a case folder holds others at other times.
bool is_other_session(const fs::path& path) { return path.filename() == "golden" || path.filename() == "recovered"; }

// A drained segment is read with the recorder's file that it belongs to, whether that is still there or not; a later
// segment of an audit log with the log.
std::string whole_of(const std::string& path) {
  const std::string start = first_bytes(path);
  const bool later = start == "CWAUDT01" && postmortem::audit_segment_number(path) != 0;
  return start == "CWFLSG01" || later ? path.substr(0, path.rfind('.')) : path;
}

using Found = std::vector<std::pair<TimelineKind, std::string>>;

Status search_folder(const std::string& folder, Found& found) {
  std::error_code trouble;
  std::vector<std::string> files;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied, trouble);
  const bool is_case = fs::exists(fs::path(folder) / "facts.json");
  for (; !trouble && walk != fs::recursive_directory_iterator(); walk.increment(trouble)) {
    std::error_code ignored;
    if (is_case && walk.depth() == 0 && is_other_session(walk->path())) walk.disable_recursion_pending();
    if (walk->is_regular_file(ignored)) files.push_back(walk->path());
    if (files.size() > kFilesMax) {
      return fail(ErrorKind::kUsage, folder + ": more than " + std::to_string(kFilesMax) + " files",
                  "name the folder of one case or one process");
    }
  }
  if (trouble) return fail(ErrorKind::kIo, "read folder " + folder + ": " + trouble.message());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    if (const auto kind = kind_of(file)) found.emplace_back(*kind, whole_of(file));
  }
  return {};
}

Status search(const std::string& path, Found& found) {
  std::error_code trouble;
  const fs::file_status status = fs::status(path, trouble);
  if (!fs::exists(status)) return fail(ErrorKind::kUsage, path + ": no such file or folder");
  if (fs::is_directory(status)) return search_folder(path, found);
  const auto kind = kind_of(path);
  if (!kind) {
    return fail(ErrorKind::kUsage, path + ": no file that has a place on a time axis",
                "flight recorder, audit log, crash record, drop_copy.jsonl or *.itch");
  }
  found.emplace_back(*kind, whole_of(path));
  return {};
}

Status add(TimelineBuilder& builder, TimelineKind kind, const std::string& path) {
  switch (kind) {
    case TimelineKind::kEngineLog:
      return add_engine_log(builder, path);
    case TimelineKind::kAuditLog:
      return add_audit_log(builder, path);
    case TimelineKind::kExchange:
      return add_drop_copy(builder, path);
    case TimelineKind::kFeed:
      return add_feed(builder, path);
    case TimelineKind::kCrash:
      return add_crash_record(builder, path);
  }
  return {};
}

}  // namespace

Result<Timeline> read_timeline(const std::vector<std::string>& paths) {
  Found found;
  for (const std::string& path : paths) {
    if (auto good = search(path, found); !good) return tl::unexpected(good.error());
  }
  if (found.empty()) {
    return fail(ErrorKind::kUsage, "nothing with a place on a time axis in " + (paths.empty() ? "" : paths.front()),
                "flight recorder, audit log, crash record, drop_copy.jsonl or *.itch");
  }
  // Audit logs first, they place the feed; named twice, read once.
  std::stable_sort(found.begin(), found.end(), [](const auto& left, const auto& right) {
    return left.first != right.first ? left.first < right.first : left.second < right.second;
  });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  TimelineBuilder builder;
  for (const auto& [kind, path] : found) {
    auto good = add(builder, kind, path);
    if (good) continue;
    if (found.size() == 1) return tl::unexpected(good.error());
    builder.note(builder.add_source(kind, path, 0), "not read: " + good.error().message);
  }
  return builder.finish();
}

}  // namespace crashwright::rca
