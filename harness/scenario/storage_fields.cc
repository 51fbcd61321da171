#include <algorithm>

#include "harness/scenario/field_tables.h"

namespace crashwright::harness {
namespace {

using Target = const FieldTarget&;
using Value = const FieldValue&;

std::vector<std::string> profile_words() { return {"K", "E", "S"}; }
std::vector<std::string> metadata_words() { return {"in_order", "any_order"}; }
std::vector<std::string> fsync_words() { return {"all_metadata", "own_file"}; }
std::vector<std::string> folder_fsync_words() { return {"all_metadata", "own_entries"}; }
std::vector<std::string> verdict_words() { return {"clean", "violated"}; }

Profile profile_from(const std::string& word) {
  return word == "S" ? Profile::kS : word == "E" ? Profile::kE : Profile::kK;
}

void set_profiles(Target target, Value value) {
  target.scenario.profiles.clear();
  for (const std::string& word : value.texts) {
    const Profile profile = profile_from(word);
    auto& all = target.scenario.profiles;
    if (std::find(all.begin(), all.end(), profile) == all.end()) all.push_back(profile);
  }
}

CustomProfile& custom(Target target) {
  if (!target.scenario.custom_profile) target.scenario.custom_profile.emplace();
  return *target.scenario.custom_profile;
}

StorageExploration& exploration(Target target) {
  if (!target.scenario.exploration) target.scenario.exploration.emplace();
  return *target.scenario.exploration;
}

ExpectedStorage& expected(Target target) {
  if (!target.scenario.expect.storage) target.scenario.expect.storage.emplace();
  return *target.scenario.expect.storage;
}

std::vector<Field> custom_fields() {
  return {
      {"storage.custom", "name", FieldType::kText, "required", "what reports call it", "name: writeback",
       [](Target t, Value v) { custom(t).name = v.text(); }, nullptr, 0, 40},
      {"storage.custom", "like", FieldType::kWord, "E", "the profile that holds for what is left out", "like: S",
       [](Target t, Value v) { custom(t).like = profile_from(v.text()); }, profile_words},
      {"storage.custom", "metadata", FieldType::kWord, "as in `like`",
       "how unsynced changes of names and sizes are lost: as a suffix, or each by itself", "metadata: any_order",
       [](Target t, Value v) { custom(t).metadata_in_order = v.text() == "in_order"; }, metadata_words},
      {"storage.custom", "fsync", FieldType::kWord, "as in `like`",
       "what a file's sync saves beside the file's own data and size", "fsync: own_file",
       [](Target t, Value v) { custom(t).fsync_saves_all_metadata = v.text() == "all_metadata"; }, fsync_words},
      {"storage.custom", "fsync_folder", FieldType::kWord, "as in `like`", "what a folder's sync saves",
       "fsync_folder: own_entries",
       [](Target t, Value v) { custom(t).folder_fsync_saves_all_metadata = v.text() == "all_metadata"; },
       folder_fsync_words},
      {"storage.custom", "tear_unit", FieldType::kSize, "512B", "what a disk writes as a whole; a power of two",
       "tear_unit: 4KiB", [](Target t, Value v) { custom(t).tear_unit_bytes = v.number; }, nullptr, 1, 1 << 20},
  };
}

std::vector<Field> explore_fields() {
  return {
      {"storage.explore", "states", FieldType::kCount, "2000", "distinct states to judge, per profile", "states: 500",
       [](Target t, Value v) { exploration(t).states = v.number; }, nullptr, 1, 100'000'000},
      {"storage.explore", "seed", FieldType::kCount, "from the case's seed", "of the states that are drawn", "seed: 7",
       [](Target t, Value v) { exploration(t).seed = v.number; }, nullptr, 1},
      {"storage.explore", "for", FieldType::kDuration, "until the deadline", "stops judging then, per profile",
       "for: 30s", [](Target t, Value v) { exploration(t).time_max_ms = v.number / 1'000'000; }, nullptr, 1'000'000,
       86'400'000'000'000},
      {"storage.explore", "jobs", FieldType::kCount, "1", "states judged at a time, in each case", "jobs: 2",
       [](Target t, Value v) { exploration(t).jobs = v.number; }, nullptr, 1, 64},
      {"storage.explore", "check_deadline", FieldType::kDuration, "30s", "a checker that takes longer errs",
       "check_deadline: 5s", [](Target t, Value v) { exploration(t).check_deadline_ms = v.number / 1'000'000; },
       nullptr, 1'000'000, 3'600'000'000'000},
  };
}

std::vector<Field> expected_fields() {
  return {
      {"expect.storage", "verdict", FieldType::kWord, "clean",
       "clean: no state is violated; violated: an unsafe setting, which must be found", "verdict: violated",
       [](Target t, Value v) { expected(t).violated = v.text() == "violated"; }, verdict_words},
      {"expect.storage", "profile", FieldType::kText, "any", "the weakest profile that must show it", "profile: E",
       [](Target t, Value v) { expected(t).profile = v.text(); }},
      {"expect.storage", "lost", FieldType::kText, "any", "part of the operation whose loss must show it",
       "lost: unlink of data.db-journal", [](Target t, Value v) { expected(t).lost = v.text(); }},
      {"expect.storage", "reason", FieldType::kText, "any",
       "part of the first line that the checker says in every finding", "reason: acknowledged and lost",
       [](Target t, Value v) { expected(t).reason = v.text(); }},
  };
}

}  // namespace

std::vector<Field> storage_fields() {
  std::vector<Field> fields = {
      {"storage", "profile", FieldType::kWordList, "a plain folder",
       "the power-loss file system, with what this profile guarantees; several for `explore`", "profile: [E, S]",
       set_profiles, profile_words},
      {"storage", "custom", FieldType::kSection, "none", "a profile of one's own, explored beside the others",
       "custom: {name: writeback, like: E, metadata: any_order}", [](Target t, Value) { custom(t); }},
      {"storage", "tear_unit", FieldType::kSize, "512B",
       "what a disk writes as a whole, in every profile; a power of two", "tear_unit: 4KiB",
       [](Target t, Value v) { t.scenario.tear_unit_bytes = v.number; }, nullptr, 1, 1 << 20},
      {"storage", "explore", FieldType::kSection, "none",
       "judges what a power loss at any moment may leave of the engine's files", "explore: {states: 2000}",
       [](Target t, Value) { exploration(t); }},
  };
  for (auto* const table : {custom_fields, explore_fields, expected_fields}) {
    for (Field& field : table()) fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace crashwright::harness
