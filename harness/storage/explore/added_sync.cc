#include "harness/storage/explore/added_sync.h"

#include <algorithm>
#include <map>

#include "harness/storage/explore/finding.h"
#include "harness/storage/explore/pending_operations.h"

namespace crashwright::harness {
namespace {

constexpr size_t kCandidatesMax = 12;
constexpr uint32_t kAddedMax = 20'000;

// A sync after every operation of one kind on one kind of path.
struct Candidate {
  uint64_t kind = 0;     // operation_class
  bool folder = false;   // of the folder that holds the name, instead of the file
  bool at_ack = false;   // once before each acknowledgement, instead of after each operation
  uint32_t example = 0;  // one such operation
  uint32_t times = 0;
};

// The recording with the candidate's syncs in place, and where each old operation stands in it.
struct Patched {
  Recording recording;
  std::vector<uint32_t> place;  // of each old index, and of the old end
};

Operation sync_for(const Operation& operation, bool folder) {
  Operation sync;
  sync.kind = folder ? OperationKind::kSyncFolder : OperationKind::kSyncFile;
  const bool moves = operation.kind == OperationKind::kRename || operation.kind == OperationKind::kExchange;
  sync.node = !folder ? operation.node : moves ? operation.new_parent : operation.parent;
  return sync;
}

class Patcher {
 public:
  Patcher(const Recording& recording, const Candidate& candidate) : recording_(recording), candidate_(candidate) {}

  Patched patch() {
    size_t token = 0;
    for (uint32_t i = 0; i < recording_.size(); ++i) {
      place_acks(i, token);
      made_.place.push_back(made_.recording.size());
      add(recording_.operations[i], recording_.paths[i], recording_.shrinks[i]);
      if (i < recording_.initial) made_.recording.initial = made_.recording.size();
      if (i < recording_.initial || operation_class(recording_, i) != candidate_.kind) continue;
      waiting_ = &recording_.operations[i];
      if (!candidate_.at_ack) add_sync();
    }
    place_acks(recording_.size(), token);
    made_.place.push_back(made_.recording.size());
    made_.recording.nodes = recording_.nodes;
    return std::move(made_);
  }

 private:
  void place_acks(uint32_t index, size_t& token) {
    for (; token < recording_.tokens.size() && recording_.acked_before[token] == index; ++token) {
      if (candidate_.at_ack) add_sync();
      made_.recording.tokens.push_back(recording_.tokens[token]);
      made_.recording.acked_before.push_back(made_.recording.size());
    }
  }
  void add(const Operation& operation, const std::string& path, uint8_t shrinks) {
    made_.recording.operations.push_back(operation);
    made_.recording.paths.push_back(path);
    made_.recording.shrinks.push_back(shrinks);
  }
  void add_sync() {
    if (waiting_ == nullptr) return;
    add(sync_for(*waiting_, candidate_.folder), "", 0);
    waiting_ = nullptr;
  }

  const Recording& recording_;
  const Candidate& candidate_;
  Patched made_;
  const Operation* waiting_ = nullptr;
};

std::vector<Candidate> candidates_for(const DurabilityModel& model, const CrashState& minimal) {
  const Recording& recording = model.recording;
  std::map<std::pair<uint64_t, bool>, uint32_t> kinds;  // to an example
  for (const Loss& loss : minimal.losses) {
    const bool names = changes_tree(recording.operations[loss.operation].kind);
    if (kinds.size() < kCandidatesMax)
      kinds.emplace(std::pair(operation_class(recording, loss.operation), names), loss.operation);
  }
  std::vector<Candidate> candidates;
  for (const auto& [key, example] : kinds) {
    const auto& kind = key;  // a name that a lambda of C++20 can capture with every compiler
    const uint32_t times = static_cast<uint32_t>(std::count_if(
        recording.operations.begin() + recording.initial, recording.operations.end(), [&](const Operation& operation) {
          return operation_class(recording, static_cast<uint32_t>(&operation - recording.operations.data())) ==
                 kind.first;
        }));
    const auto acks = static_cast<uint32_t>(recording.tokens.size());
    const bool file = model.recording.operations[example].kind != OperationKind::kUnlink &&
                      model.recording.operations[example].kind != OperationKind::kRemoveFolder;
    if (kind.second) {
      candidates.push_back({kind.first, true, false, example, times});
      if (acks > 0) candidates.push_back({kind.first, true, true, example, std::min(acks, times)});
    }
    if (!kind.second || (file && model.profile.file_sync_commits_metadata)) {
      candidates.push_back({kind.first, false, false, example, times});
      if (acks > 0) candidates.push_back({kind.first, false, true, example, std::min(acks, times)});
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.times < b.times; });
  if (candidates.size() > kCandidatesMax) candidates.resize(kCandidatesMax);
  return candidates;
}

// Every failing state, with the syncs in place, passes.
Result<bool> cures(const DurabilityModel& model, const Candidate& candidate, const std::vector<CrashState>& failing,
                   const JudgeMaker& judges) {
  const Patched patched = Patcher(model.recording, candidate).patch();
  const DurabilityModel with(patched.recording, model.profile);
  auto judge = judges(with);
  if (!judge) return tl::unexpected(judge.error());
  std::vector<CrashState> states = failing;
  std::stable_sort(states.begin(), states.end(),
                   [](const CrashState& a, const CrashState& b) { return a.point < b.point; });
  for (CrashState& state : states) {
    state.point = patched.place[state.point];
    for (Loss& loss : state.losses) loss.operation = patched.place[loss.operation];
    make_allowed(with, state);
    (*judge)->prepare(state);
    const auto verdict = (*judge)->judge();
    if (!verdict) return tl::unexpected(verdict.error());
    if (verdict->kind != ImageVerdict::Kind::kConsistent) return false;
  }
  return true;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "the folder" : "the folder " + path.substr(0, slash);
}

std::string name_sync(const std::string& path, bool folder) {
  const size_t arrow = path.rfind(" to ");
  const std::string subject = arrow == std::string::npos ? path : path.substr(arrow + 4);
  return "fsync of " + (folder ? folder_of(subject) : subject);
}

std::string describe(const Recording& recording, const Candidate& candidate) {
  const std::string& path = recording.paths[candidate.example];
  const std::string when = candidate.at_ack ? " before the acknowledgement, after " : " after each ";
  return name_sync(path, candidate.folder) + when + operation_name(recording.operations[candidate.example].kind) +
         " of " + path + " (" + std::to_string(candidate.times) + " times in this run)";
}

}  // namespace

std::string sync_that_saves(const Recording& recording, uint32_t index) {
  return name_sync(recording.paths[index], changes_tree(recording.operations[index].kind));
}

Result<std::string> smallest_added_sync(const DurabilityModel& model, const CrashState& minimal,
                                        const std::vector<CrashState>& failing, const JudgeMaker& judges) {
  if (model.recording.size() > kAddedMax) return std::string();
  for (const Candidate& candidate : candidates_for(model, minimal)) {
    const auto cured = cures(model, candidate, failing, judges);
    if (!cured) return tl::unexpected(cured.error());
    if (*cured) return describe(model.recording, candidate);
  }
  return std::string();
}

}  // namespace crashwright::harness
