#include "harness/scenario/matrix.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/faults/registry.h"
#include "harness/scenario/name_pattern.h"
#include "harness/scenario/suggest.h"
#include "harness/scenario/yaml_emit.h"

namespace crashwright::harness {
namespace {

YamlNode scalar(const std::string& text, SourcePosition position) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = text;
  node.position = position;
  return node;
}

// The entries of a dimension; a dimension that is not there has one entry that changes nothing.
std::vector<const YamlNode*> entries_of(const YamlNode& matrix, const char* dimension) {
  const YamlNode* const value = find_value(matrix, dimension);
  if (value == nullptr) return {nullptr};
  if (value->kind != YamlNode::Kind::kList) return {value};
  std::vector<const YamlNode*> entries;
  for (const YamlNode& item : value->items) entries.push_back(&item);
  return entries;
}

bool is_open(const YamlNode& entry) {
  const FaultKind* const kind = find_fault_kind(entry.keys.front().text);
  if (kind == nullptr || kind->action == postmortem::FaultAction::kNone) return false;
  const YamlNode& parameters = entry.items.front();
  return find_value(parameters, "at") == nullptr && find_value(parameters, "after") == nullptr &&
         find_value(parameters, "feed_sequence") == nullptr && find_value(parameters, "output") == nullptr &&
         find_value(parameters, "function") == nullptr;
}

// The kind of a fault, with its parameters where another entry has the same kind.
std::string fault_label(const YamlNode& fault, const std::vector<const YamlNode*>& all) {
  const std::string& kind = fault.keys.front().text;
  const auto same =
      std::count_if(all.begin(), all.end(), [&](const YamlNode* other) { return other->keys.front().text == kind; });
  return same < 2 ? kind : kind + " " + emit_yaml_inline(fault.items.front());
}

struct Cell {
  const YamlNode* profile;
  const YamlNode* seed;
  const YamlNode* fault;
  const YamlNode* point;
};

class Unfolder {
 public:
  Unfolder(const YamlNode& root, const YamlNode& matrix) : root_(root), matrix_(matrix) {
    faults_ = entries_of(matrix, "faults");
  }

  std::vector<YamlNode> cells() const {
    std::vector<YamlNode> trees;
    for (const YamlNode* const profile : entries_of(matrix_, "profiles")) {
      for (const YamlNode* const seed : entries_of(matrix_, "seeds")) {
        for (const YamlNode* const fault : faults_) {
          for (const YamlNode* const point : entries_of(matrix_, "points")) {
            trees.push_back(tree_of({profile, seed, fault, point}));
          }
        }
      }
    }
    return trees;
  }

 private:
  YamlNode tree_of(const Cell& cell) const {
    YamlNode tree = root_;
    remove_key(tree, "matrix");
    std::vector<std::string> labels;
    if (cell.fault != nullptr) {
      faults_of(tree).items.push_back(*cell.fault);
      labels.push_back(fault_label(*cell.fault, faults_));
    }
    if (cell.point != nullptr) {
      place_faults(faults_of(tree), *cell.point, std::nullopt);
      labels.push_back(cell.point->text);
    }
    if (cell.profile != nullptr) {
      set_value(section_of(tree, "storage", cell.profile->position), "profile", *cell.profile);
      labels.push_back("profile " + cell.profile->text);
    }
    if (cell.seed != nullptr) {
      set_value(tree, "seed", *cell.seed);
      labels.push_back("seed " + cell.seed->text);
    }
    if (const YamlNode* const builds = find_value(matrix_, "builds")) set_value(tree, "build", *builds);
    if (YamlNode* const name = find_value(tree, "name"); name != nullptr && !labels.empty()) {
      name->text += fmt::format(" [{}]", fmt::join(labels, ", "));
    }
    return tree;
  }

  static YamlNode& section_of(YamlNode& tree, const char* key, SourcePosition position) {
    if (find_value(tree, key) == nullptr) {
      YamlNode section;
      section.kind = YamlNode::Kind::kMap;
      section.position = position;
      set_value(tree, key, std::move(section));
    }
    return *find_value(tree, key);
  }

  static YamlNode& faults_of(YamlNode& tree) {
    YamlNode& faults = section_of(tree, "faults", tree.position);
    faults.kind = YamlNode::Kind::kList;
    return faults;
  }

  const YamlNode& root_;
  const YamlNode& matrix_;
  std::vector<const YamlNode*> faults_;
};

// A dimension of the matrix beside the key that it would decide.
void refuse_fixed(const YamlNode& root, const YamlNode& matrix, SectionReader& reader) {
  const YamlNode* const storage = find_value(root, "storage");
  const struct {
    const char* dimension;
    const char* key;
    const YamlNode* fixed;
  } kDecided[] = {{"builds", "build", find_value(root, "build")},
                  {"seeds", "seed", find_value(root, "seed")},
                  {"profiles", "storage: {profile}", storage != nullptr ? find_value(*storage, "profile") : nullptr},
                  {"points", "sweep", find_value(root, "sweep")}};
  for (const auto& one : kDecided) {
    const YamlNode* const dimension = find_value(matrix, one.dimension);
    if (dimension == nullptr || one.fixed == nullptr) continue;
    reader.complain(dimension->position, shown_width(*dimension), code::kMatrix,
                    fmt::format("\"{}\" of the matrix and \"{}\" decide the same", one.dimension, one.key),
                    "keep one of them");
  }
}

void check_points(const YamlNode& matrix, const Scenario& prototype, SectionReader& reader) {
  const YamlNode* const points = find_value(matrix, "points");
  if (points == nullptr || reader.has_refused_fault()) return;  // that fault may be the one that they are for
  const auto& own = prototype.faults;
  const auto& listed = prototype.matrix->faults;
  if (std::any_of(own.begin(), own.end(), is_place_open)) return;
  if (!listed.empty() && std::all_of(listed.begin(), listed.end(), is_place_open)) return;
  reader.complain(points->position, shown_width(*points), code::kMatrix,
                  "\"points\" of the matrix would change nothing: every fault has its place or its time",
                  "leave out `at` in the fault that the points are for");
}

// The names that one entry of `points` stands for; a complaint when a pattern stands for none.
std::vector<std::string> names_of(const YamlNode& entry, const std::vector<std::string>& known, SectionReader& reader) {
  if (!is_pattern(entry.text)) return {entry.text};
  std::vector<std::string> names;
  std::copy_if(known.begin(), known.end(), std::back_inserter(names),
               [&](const std::string& name) { return matches_pattern(name, entry.text); });
  if (!names.empty()) return names;
  const std::string near = pattern_suggestion(entry.text, known);
  reader.complain(entry.position, shown_width(entry), code::kUnknownPoint,
                  fmt::format("no fault point of this engine matches \"{}\"", entry.text),
                  near.empty() ? "`mock_engine --list-fault-points` lists them" : near);
  return names;
}

// Puts names in place of the patterns of `points`, each name once.
void name_points(YamlNode& matrix, const std::vector<std::string>& known, SectionReader& reader) {
  if (find_value(matrix, "points") == nullptr) return;
  YamlNode list = *find_value(matrix, "points");
  list.kind = YamlNode::Kind::kList;
  list.items.clear();
  for (const YamlNode* const entry : entries_of(matrix, "points")) {
    for (const std::string& name : names_of(*entry, known, reader)) {
      const auto same = [&](const YamlNode& other) { return other.text == name; };
      if (std::any_of(list.items.begin(), list.items.end(), same)) continue;
      list.items.push_back(*entry);
      list.items.back().text = name;
    }
  }
  set_value(matrix, "points", std::move(list));
}

}  // namespace

bool is_place_open(const ScenarioFault& fault) {
  const FaultKind* const kind = find_fault_kind(fault.kind);
  return kind != nullptr && kind->action != postmortem::FaultAction::kNone && fault.at.empty() && !fault.after_ns &&
         !fault.feed_sequence && fault.output.empty() && fault.function.empty();
}

size_t place_faults(YamlNode& faults, const YamlNode& point, const std::optional<YamlTrigger>& trigger) {
  size_t placed = 0;
  for (YamlNode& entry : faults.items) {
    if (!is_open(entry)) continue;
    YamlNode& parameters = entry.items.front();
    if (parameters.kind == YamlNode::Kind::kNull) {
      parameters.kind = YamlNode::Kind::kMap;
      parameters.position = point.position;
    }
    set_value(parameters, "at", point);
    if (trigger) set_value(parameters, trigger->key.c_str(), scalar(trigger->value, point.position));
    ++placed;
  }
  return placed;
}

void check_sweep_points(const YamlNode& root, const Scenario& prototype, const std::vector<std::string>& known,
                        SectionReader& reader) {
  const YamlNode* const sweep = find_value(root, "sweep");
  if (sweep == nullptr || known.empty() || !prototype.engine.command.empty()) return;
  for (const YamlNode* const entry : entries_of(*sweep, "points")) {
    if (entry == nullptr) continue;
    const std::vector<std::string> names = names_of(*entry, known, reader);
    if (names.empty() || std::find(known.begin(), known.end(), names.front()) != known.end()) continue;
    reader.complain(entry->position, shown_width(*entry), code::kUnknownPoint,
                    fmt::format("no fault point \"{}\" in this engine", entry->text),
                    point_suggestion(entry->text, known));
  }
}

std::vector<YamlNode> matrix_cells(const YamlNode& root, const Scenario& prototype,
                                   const std::vector<std::string>& known, SectionReader& reader) {
  YamlNode matrix = *find_value(root, "matrix");
  const size_t complaints = reader.diagnostics().size();
  if (!known.empty() && prototype.engine.command.empty()) name_points(matrix, known, reader);
  const size_t cells = entries_of(matrix, "profiles").size() * entries_of(matrix, "seeds").size() *
                       entries_of(matrix, "points").size() * std::max<size_t>(prototype.matrix->faults.size(), 1);
  if (matrix.keys.empty()) {
    reader.complain(matrix.position, 1, code::kMatrix, "the matrix lists nothing",
                    "list one or more of: builds, profiles, seeds, faults, points");
  }
  if (cells > kMatrixCellsMax) {
    reader.complain(matrix.position, 1, code::kMatrix,
                    fmt::format("the matrix has {} cells; {} at most", cells, kMatrixCellsMax),
                    "split it into several scenarios");
  }
  refuse_fixed(root, matrix, reader);
  check_points(matrix, prototype, reader);
  if (reader.diagnostics().size() != complaints) return {};
  return Unfolder(root, matrix).cells();
}

}  // namespace crashwright::harness
