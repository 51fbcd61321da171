#include "harness/storage/explore/storage_profile.h"

#include <fmt/format.h>

#include "base/file.h"
#include "harness/scenario/profile_name.h"
#include "harness/scenario/section_reader.h"

namespace crashwright::harness {
namespace {

constexpr const char* kSection = "storage.custom";

// The first complaint, with its place.
tl::unexpected<Error> refuse(const Diagnostic& complaint) {
  return fail(ErrorKind::kUsage,
              fmt::format("{}:{}:{}: {}", complaint.file, complaint.position.line, complaint.position.column,
                          complaint.message),
              complaint.hint);
}

Result<StorageProfile> read_profile(const std::string& path, const std::string& text) {
  YamlResult yaml = parse_yaml(path, text);
  if (!yaml.diagnostics.empty()) return refuse(yaml.diagnostics.front());
  Scenario scenario;
  scenario.custom_profile.emplace();
  const SourceSet sources(path, text);
  SectionReader reader(sources);
  reader.read_section(yaml.root, kSection, scenario);
  const CustomProfile& custom = *scenario.custom_profile;
  const std::string trouble = trouble_with_profile_name(custom.name);
  if (!trouble.empty()) reader.complain({1, 1}, 1, code::kMissingKey, "a storage profile's `name` " + trouble);
  if (!reader.diagnostics().empty()) return refuse(reader.diagnostics().front());
  const uint64_t unit = custom.tear_unit_bytes.value_or(1);
  if ((unit & (unit - 1)) != 0) return fail(ErrorKind::kUsage, path + ": `tear_unit` is a power of two");
  return storage_profile(custom);
}

}  // namespace

StorageProfile storage_profile(Profile profile) {
  StorageProfile made;
  made.name = profile_name(profile);
  made.keeps_everything = profile == Profile::kK;
  if (profile == Profile::kS) {
    made.metadata_in_order = false;
    made.file_sync_commits_metadata = false;
    made.folder_sync_commits_metadata = false;
    made.size_follows_data = false;
  }
  return made;
}

StorageProfile storage_profile(const CustomProfile& custom) {
  StorageProfile made = storage_profile(custom.like);
  made.name = custom.name;
  made.metadata_in_order = custom.metadata_in_order.value_or(made.metadata_in_order);
  made.file_sync_commits_metadata = custom.fsync_saves_all_metadata.value_or(made.file_sync_commits_metadata);
  made.folder_sync_commits_metadata =
      custom.folder_fsync_saves_all_metadata.value_or(made.folder_sync_commits_metadata);
  if (custom.tear_unit_bytes) made.tear_unit_bytes = static_cast<uint32_t>(*custom.tear_unit_bytes);
  return made;
}

Result<StorageProfile> load_storage_profile(const std::string& name_or_path) {
  for (const Profile profile : {Profile::kK, Profile::kE, Profile::kS}) {
    if (name_or_path == profile_name(profile)) return storage_profile(profile);
  }
  if (!name_or_path.ends_with(".yaml") && !name_or_path.ends_with(".yml")) {
    return fail(ErrorKind::kUsage, "no storage profile \"" + name_or_path + "\"",
                "K, E, S, or the path of a YAML file (docs/storage.md)");
  }
  const auto text = read_file(name_or_path);
  if (!text) return fail(ErrorKind::kUsage, text.error().message, "--profile takes K, E, S or a YAML file");
  return read_profile(name_or_path, *text);
}

bool allows_no_more(const StorageProfile& weaker, const StorageProfile& stronger) {
  if (weaker.keeps_everything) return true;
  if (stronger.keeps_everything) return false;
  const bool metadata = weaker.metadata_in_order || !stronger.metadata_in_order;
  const bool file = weaker.file_sync_commits_metadata || !stronger.file_sync_commits_metadata;
  const bool folder = weaker.folder_sync_commits_metadata || !stronger.folder_sync_commits_metadata;
  const bool size = weaker.size_follows_data || !stronger.size_follows_data;
  return metadata && file && folder && size && weaker.tear_unit_bytes >= stronger.tear_unit_bytes;
}

}  // namespace crashwright::harness
