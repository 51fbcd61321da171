#include "harness/storage/explore/storage_profile.h"

#include <yaml-cpp/yaml.h>

#include <array>
#include <set>

#include "harness/scenario/suggest.h"

namespace crashwright::harness {
namespace {

constexpr std::array<uint32_t, 2> kTearUnits = {512, 4'096};
constexpr uint32_t kTearUnitMax = 1 << 20;

StorageProfile profile_k() {
  StorageProfile profile;
  profile.name = "K";
  profile.keeps_everything = true;
  return profile;
}

StorageProfile profile_s() {
  StorageProfile profile;
  profile.name = "S";
  profile.metadata_in_order = false;
  profile.file_sync_commits_metadata = false;
  profile.folder_sync_commits_metadata = false;
  return profile;
}

tl::unexpected<Error> wrong(const std::string& path, const YAML::Node& at, const std::string& what,
                            const std::string& remedy = {}) {
  const YAML::Mark mark = at.Mark();
  return fail(ErrorKind::kUsage,
              path + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": " + what, remedy);
}

const std::vector<std::string>& keys() {
  static const std::vector<std::string> all = {"name", "like", "metadata", "fsync", "fsync_folder", "tear_unit"};
  return all;
}

// One key of the file; the name of the value's fault, or empty.
std::string set_key(const std::string& key, const std::string& value, StorageProfile& profile) {
  if (key == "name") {
    profile.name = value;
    return value.empty() || value.find('/') != std::string::npos ? "a name without slashes" : "";
  }
  if (key == "metadata") {
    profile.metadata_in_order = value == "in_order";
    return value == "in_order" || value == "any_order" ? "" : "in_order or any_order";
  }
  if (key == "fsync") {
    profile.file_sync_commits_metadata = value == "all_metadata";
    return value == "all_metadata" || value == "own_file" ? "" : "all_metadata or own_file";
  }
  if (key == "fsync_folder") {
    profile.folder_sync_commits_metadata = value == "all_metadata";
    return value == "all_metadata" || value == "own_entries" ? "" : "all_metadata or own_entries";
  }
  const unsigned long unit = std::strtoul(value.c_str(), nullptr, 10);
  profile.tear_unit_bytes = static_cast<uint32_t>(unit);
  const bool power_of_two = unit > 0 && unit <= kTearUnitMax && (unit & (unit - 1)) == 0;
  return power_of_two ? "" : "bytes, a power of two such as 512 or 4096";
}

Result<StorageProfile> read_profile(const std::string& path, const YAML::Node& root) {
  if (!root.IsMap()) return wrong(path, root, "a storage profile is a map with `like` and `name`");
  if (!root["name"]) return wrong(path, root, "a storage profile needs a `name`");
  StorageProfile profile;
  if (const YAML::Node like = root["like"]) {
    const auto word = like.as<std::string>("");
    if (word != "E" && word != "S" && word != "K") return wrong(path, like, "`like` is K, E or S");
    profile = word == "S" ? profile_s() : word == "K" ? profile_k() : StorageProfile();
  }
  for (const auto& entry : root) {
    const auto key = entry.first.as<std::string>("");
    if (std::find(keys().begin(), keys().end(), key) == keys().end()) {
      return wrong(path, entry.first, "unknown key \"" + key + "\"", suggestion(key, keys()));
    }
    if (key == "like") continue;
    const std::string fault = set_key(key, entry.second.as<std::string>(""), profile);
    if (!fault.empty()) return wrong(path, entry.second, "`" + key + "` takes " + fault);
  }
  return profile;
}

}  // namespace

Result<StorageProfile> load_storage_profile(const std::string& name_or_path) {
  if (name_or_path == "K") return profile_k();
  if (name_or_path == "E") return StorageProfile();
  if (name_or_path == "S") return profile_s();
  if (!name_or_path.ends_with(".yaml") && !name_or_path.ends_with(".yml")) {
    return fail(ErrorKind::kUsage, "no storage profile \"" + name_or_path + "\"",
                "K, E, S, or the path of a YAML file (docs/storage.md)");
  }
  try {
    return read_profile(name_or_path, YAML::LoadFile(name_or_path));
  } catch (const YAML::Exception& error) {
    return fail(ErrorKind::kUsage, name_or_path + ": " + error.what());
  }
}

bool allows_no_more(const StorageProfile& weaker, const StorageProfile& stronger) {
  if (weaker.keeps_everything) return true;
  if (stronger.keeps_everything) return false;
  const bool metadata = weaker.metadata_in_order || !stronger.metadata_in_order;
  const bool file = weaker.file_sync_commits_metadata || !stronger.file_sync_commits_metadata;
  const bool folder = weaker.folder_sync_commits_metadata || !stronger.folder_sync_commits_metadata;
  return metadata && file && folder && weaker.tear_unit_bytes >= stronger.tear_unit_bytes;
}

}  // namespace crashwright::harness
