#include "harness/scenario/exploration_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/faults/registry.h"
#include "harness/scenario/profile_name.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kExplorationDeadlineMs = 600'000;
constexpr const char* kExample = "engine: {command: [./writer, data.db], check: [./checker, data.db]}";
// They are about the mock engine, its feed and its deaths.
constexpr std::array kKeysOfTheMockEngine = {"build", "session", "exchange", "core"};

class ExplorationChecker {
 public:
  ExplorationChecker(const YamlNode& root, Scenario& scenario, SectionReader& reader)
      : root_(root), scenario_(scenario), reader_(reader) {}

  void check() {
    const bool foreign = !scenario_.engine.command.empty();
    if (scenario_.exploration) {
      if (foreign && scenario_.engine.check.empty())
        missing("engine.command", "needs `engine.check` to judge", kExample);
      if (foreign) {
        refuse_keys_of_the_mock_engine();
      } else {
        check_explored_session();
      }
      refuse_other_expectations();
      fill_in();
    } else {
      if (foreign && scenario_.engine.check.empty() && scenario_.engine.dump_state.empty()) {
        missing("engine.command", "needs `engine.check` or `engine.dump_state` to judge", kExample);
      }
      refuse_keys_of_an_exploration(foreign);
    }
    check_tear_unit("storage.tear_unit", scenario_.tear_unit_bytes);
    if (!scenario_.custom_profile) return;
    const std::string& name = scenario_.custom_profile->name;
    const std::string trouble = trouble_with_profile_name(name);
    if (name.empty()) {
      missing("storage.custom", "has no name", "add `name: ...`");
    } else if (!trouble.empty()) {
      complain("storage.custom.name", code::kType, "\"name\" " + trouble, "example: name: writeback");
    }
    check_tear_unit("storage.custom.tear_unit", scenario_.custom_profile->tear_unit_bytes);
  }

 private:
  void complain(const std::string& path, const char* error_code, const std::string& message, const std::string& hint) {
    const YamlNode* const key = find_key(root_, path);
    if (key != nullptr) reader_.complain(key->position, shown_width(*key), error_code, message, hint);
  }
  void missing(const std::string& path, const char* what, const char* hint) {
    complain(path, code::kMissingKey, fmt::format("\"{}\" {}", path, what), hint);
  }

  void refuse_keys_of_the_mock_engine() {
    for (const char* const key : {"engine.recover", "engine.dump_state"}) {
      complain(key, code::kForeignKey, fmt::format("an exploration has no \"{}\"", key),
               "`check` recovers by itself, in the state that it judges");
    }
    for (const char* const key : kKeysOfTheMockEngine) {
      complain(key, code::kForeignKey, fmt::format("\"{}\" is about the mock engine, not about an exploration", key),
               "leave it out");
    }
    complain("faults", code::kForeignKey, "an exploration takes no faults: it loses power at every moment by itself",
             "remove `storage.explore`, or remove `faults`");
  }

  void refuse_other_expectations() {
    for (const std::string& name : field_names("expect")) {
      if (name == "storage") continue;
      complain("expect." + name, code::kForeignKey, fmt::format("an exploration has no \"{}\"", name),
               "expect: {storage: {verdict: violated}}");
    }
  }

  // The mock engine's own session: what it acknowledges must be meant to survive a loss of power.
  void check_explored_session() {
    refuse_keys_without_a_program();
    complain("core", code::kForeignKey, "\"core\" is not for an exploration of the mock engine", "leave it out");
    if (find_key(root_, "session.durability") == nullptr) scenario_.session.durability = Durability::kPowerLoss;
    for (const ScenarioFault& fault : scenario_.faults) {
      const FaultKind* const kind = find_fault_kind(fault.kind);
      if (kind == nullptr || kind->family != "storage") continue;
      reader_.complain(
          fault.position, fault.kind.size(), code::kForeignKey,
          fmt::format("\"{}\" is not for an exploration, which loses power by itself at any moment", fault.kind),
          "sigkill makes the session one with a recovery");
    }
  }

  void refuse_keys_without_a_program() {
    for (const char* const key :
         {"engine.check", "engine.dir", "engine.needs", "engine.recover", "engine.dump_state"}) {
      complain(key, code::kMissingKey, fmt::format("\"{}\" needs a program: `engine.command`", key), kExample);
    }
  }

  void refuse_keys_of_an_exploration(bool foreign) {
    if (!foreign) refuse_keys_without_a_program();
    for (const char* const key : {"build", "session", "exchange", "core"}) {
      if (!foreign) break;
      complain(key, code::kForeignKey, fmt::format("\"{}\" is about the mock engine, not about one of your own", key),
               "leave it out");
    }
    for (const char* const key : {"storage.custom", "storage.tear_unit", "expect.storage"}) {
      complain(key, code::kForeignKey, fmt::format("\"{}\" means something for an exploration only", key),
               "add `storage: {explore: {states: 2000}}`, or leave it out");
    }
    if (scenario_.profiles.size() > 1) {
      complain("storage.profile", code::kForeignKey, "a session runs on one storage profile",
               "write `profile: E`; a case for each of several: `matrix: {profiles: [E, S]}`");
    }
  }

  void fill_in() {
    if (scenario_.profiles.empty() && !scenario_.custom_profile) scenario_.profiles.push_back(Profile::kE);
    if (!scenario_.expect.storage) scenario_.expect.storage.emplace();
    if (find_key(root_, "deadline") == nullptr) scenario_.deadline_ms = kExplorationDeadlineMs;
    check_expected_profile();
    const ExpectedStorage& expected = *scenario_.expect.storage;
    if (!expected.violated && !(expected.profile + expected.reason + expected.lost).empty()) {
      complain("expect.storage", code::kForeignKey, "a clean exploration has no profile or reason to show",
               "add `verdict: violated`");
    }
  }

  void check_expected_profile() {
    const std::string& expected = scenario_.expect.storage->profile;
    std::vector<std::string> known;
    for (const Profile profile : scenario_.profiles) known.emplace_back(profile_name(profile));
    for (const char* const weaker : {"K", "E"}) known.emplace_back(weaker);
    if (scenario_.custom_profile) known.push_back(scenario_.custom_profile->name);
    if (expected.empty() || std::find(known.begin(), known.end(), expected) != known.end()) return;
    complain("expect.storage.profile", code::kUnknownWord,
             fmt::format("no state is named by profile \"{}\" here", expected), suggestion(expected, known));
  }

  void check_tear_unit(const std::string& path, std::optional<uint64_t> bytes) {
    if (!bytes || (*bytes & (*bytes - 1)) == 0) return;
    complain(path, code::kRange, fmt::format("\"tear_unit\" wants a power of two, not {} bytes", *bytes),
             "512B and 4KiB are what disks write as a whole");
  }

  const YamlNode& root_;
  Scenario& scenario_;
  SectionReader& reader_;
};

}  // namespace

void check_exploration(const YamlNode& root, Scenario& scenario, SectionReader& reader) {
  ExplorationChecker(root, scenario, reader).check();
}

}  // namespace crashwright::harness
