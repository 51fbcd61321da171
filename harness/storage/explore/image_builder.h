// Builds the image of one crash state after the other.
//
// What is safe at the present crash point is applied once to a stable tree; each state is an overlay of what is not yet
// safe. Going forward from one crash point to the next costs what happened between them; going back starts again.
// Threads: one owner per builder; the model is shared. Errors: none. Memory: pieces of the record, no bytes.
#pragma once

#include <set>
#include <unordered_map>
#include <vector>

#include "harness/storage/explore/crash_state.h"
#include "harness/storage/explore/image_tree.h"

namespace crashwright::harness {

// Names and files that may have changed.
struct Touched {
  std::set<Slot> slots;
  std::set<NodeId> nodes;
};

class ImageBuilder {
 public:
  explicit ImageBuilder(const DurabilityModel& model);

  // The image of an allowed state; valid until the next call.
  [[nodiscard]] ImageTree& build(const CrashState& state);
  // Of the image built last: equal for equal names and bytes.
  [[nodiscard]] uint64_t hash();
  // Adds everything in which the image built last may differ from the one before it, and forgets it.
  void take_touched(Touched& touched);

 private:
  // The operations on one file's content, or on all names together.
  struct Stream {
    std::vector<uint32_t> operations;  // those that are not in the stable tree, and some that are, at the beginning
    size_t applied = 0;                // of them are
  };

  void restart();
  void advance(uint32_t point);
  void settle(Stream& stream, uint32_t point);
  void settle_all(uint32_t point);
  void replay(const Stream& stream, const CrashState& state);
  void apply(uint32_t index, const std::vector<uint64_t>* lost_units, ImageTree& tree);
  void note_modified(uint32_t index, ImageTree& tree);
  void grow(uint32_t index, uint64_t size);
  Stream& stream_of(const Operation& operation);

  const DurabilityModel& model_;
  uint32_t point_ = 0;
  ImageTree stable_;
  ImageTree image_;
  Stream names_;
  std::unordered_map<NodeId, Stream> files_;
  std::set<NodeId> unsettled_;   // files with operations that are not in the stable tree
  std::set<Slot> slots_ever_;    // changed by the run at any time
  std::set<NodeId> files_ever_;  // whose content or attributes the run changes at any time
  std::set<NodeId> timed_;       // whose time of modification it sets at any time
  std::set<NodeId> rewritten_;   // nodes from before the run that it changes at any time
  Touched touched_;
};

}  // namespace crashwright::harness
