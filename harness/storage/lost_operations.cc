#include "harness/storage/lost_operations.h"

#include <map>

namespace crashwright::harness {
namespace {

constexpr size_t kLinesMax = 500;

// Follows the names of nodes through the record.
class Names {
 public:
  [[nodiscard]] std::string of(NodeId node) const {
    if (node == kRootNode) return "";
    const auto found = entries_.find(node);
    return found == entries_.end() ? "/(unnamed)" : of(found->second.parent) + "/" + found->second.name;
  }
  [[nodiscard]] std::string of(NodeId parent, std::string_view name) const {
    return of(parent) + "/" + std::string(name);
  }

  void follow(const Operation& operation) {
    switch (operation.kind) {
      case OperationKind::kCreate:
      case OperationKind::kMakeFolder:
      case OperationKind::kMakeSymlink:
      case OperationKind::kMakeSpecial:
        entries_[operation.node] = {operation.parent, std::string(operation.name)};
        break;
      case OperationKind::kRename:
        entries_[operation.node] = {operation.new_parent, std::string(operation.new_name)};
        break;
      case OperationKind::kExchange:
        entries_[operation.node] = {operation.new_parent, std::string(operation.new_name)};
        entries_[operation.replaced] = {operation.parent, std::string(operation.name)};
        break;
      default:
        break;
    }
  }

 private:
  struct Entry {
    NodeId parent = kRootNode;
    std::string name;
  };
  std::map<NodeId, Entry> entries_;
};

// Before the operation has its effect on the names.
std::string describe(const Operation& operation, const Names& names) {
  const std::string what = operation_name(operation.kind);
  switch (operation.kind) {
    case OperationKind::kWrite:
    case OperationKind::kZero:
      return what + " of " + std::to_string(operation.size) + " bytes at " + std::to_string(operation.offset) + " of " +
             names.of(operation.node);
    case OperationKind::kTruncate:
    case OperationKind::kAllocate:
      return what + " of " + names.of(operation.node) + " to " + std::to_string(operation.size) + " bytes";
    case OperationKind::kRename:
    case OperationKind::kExchange:
      return what + " of " + names.of(operation.parent, operation.name) + " to " +
             names.of(operation.new_parent, operation.new_name);
    case OperationKind::kSetMode:
    case OperationKind::kSetOwner:
    case OperationKind::kSetTimes:
      return what + " of " + names.of(operation.node);
    default:
      return what + " of " + names.of(operation.parent, operation.name);
  }
}

}  // namespace

std::string lost_operations_text(const OperationList& operations, const std::vector<LostOperation>& lost,
                                 uint32_t tear_unit_bytes) {
  Names names;
  std::string text;
  size_t next = 0;
  for (size_t i = 0; i < operations.size() && next < lost.size(); ++i) {
    if (lost[next].index == i) {
      if (next == kLinesMax) return text + "and " + std::to_string(lost.size() - next) + " more\n";
      const LostOperation& one = lost[next++];
      text += describe(operations[i], names);
      if (one.units > 0 && one.units < one.of) {
        text += ", torn: " + std::to_string(one.units) + " of its " + std::to_string(one.of) + " units of " +
                std::to_string(tear_unit_bytes) + " bytes lost";
      }
      text += "\n";
    }
    names.follow(operations[i]);
  }
  return text;
}

}  // namespace crashwright::harness
