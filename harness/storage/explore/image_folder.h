// A real folder that becomes one image after the other.
//
// Only what differs is changed: names are moved, blocks rewritten. What a checker changed in the folder meanwhile is
// noticed through inotify and put back. So an image costs what changed since the one before, whatever the folder holds;
// a file that the checker opened for writing counts as changed as a whole, because stores through a mapping leave no
// other trace.
// Layout below the root given: `image` is the folder, `aside` holds files that the present image has no name for.
// Threads: one owner. Errors: system errors with the path.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "base/unique_fd.h"
#include "harness/storage/explore/image_builder.h"

namespace crashwright::harness {

class ImageFolder {
 public:
  // `root` is an existing empty folder; `recording` outlives this.
  [[nodiscard]] static Result<std::unique_ptr<ImageFolder>> create(const std::string& root, const Recording& recording);
  ImageFolder(const ImageFolder&) = delete;
  ImageFolder& operator=(const ImageFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return image_path_; }
  // `touched`: everything in which `image` may differ from the image before.
  [[nodiscard]] Status become(ImageTree& image, Touched touched);
  // Bytes written into files so far.
  [[nodiscard]] uint64_t bytes_written() const { return bytes_written_; }

 private:
  struct NodeInfo {
    OperationKind kind = OperationKind::kCreate;  // what made it
    uint32_t mode = 0;                            // it was made with
    NodeAttributes now;                           // in the folder
    bool unsure = false;                          // the checker may have changed them
  };

  explicit ImageFolder(const Recording& recording);
  [[nodiscard]] Status watch(NodeId folder, const std::string& path);
  template <typename Seen>
  void read_events(Seen seen);
  void note_change(int watch, const std::string& name, uint32_t mask, Touched& touched);
  void forget(NodeId node, Touched& touched);
  [[nodiscard]] Status move_aside(const Slot& slot);
  [[nodiscard]] Status clear_foreign();
  [[nodiscard]] Status ensure_folder(NodeId folder, ImageTree& image);
  [[nodiscard]] Status place(const Slot& slot, NodeId node, ImageTree& image);
  [[nodiscard]] Status make_node(NodeId node, const std::string& path, ImageTree& image);
  [[nodiscard]] Status bring_content(NodeId node, const ImageContent& wanted);
  [[nodiscard]] Status bring_attributes(NodeId node, const NodeAttributes& wanted);
  [[nodiscard]] Status bring_times(ImageTree& image, const Touched& touched);
  [[nodiscard]] std::string path_of(NodeId folder) const;
  [[nodiscard]] std::string path_of(const Slot& slot) const { return path_of(slot.folder) + "/" + slot.name; }
  [[nodiscard]] std::string aside(NodeId node) const { return aside_path_ + "/" + std::to_string(node); }

  std::string image_path_;
  std::string aside_path_;
  UniqueFd inotify_;
  std::unordered_map<int, NodeId> watches_;
  std::unordered_map<NodeId, NodeInfo> nodes_;
  std::map<Slot, NodeId> names_;                       // in the folder now
  std::unordered_map<NodeId, std::set<Slot>> places_;  // where a node stands now; empty: aside or nowhere
  std::unordered_map<NodeId, ImageContent> contents_;  // of nodes that exist, in the folder or aside
  std::set<Slot> foreign_;                             // names that the checker made, moved or removed
  std::set<NodeId> unknown_;                           // nodes whose content the checker may have changed
  std::set<NodeId> timed_;                             // nodes whose time of modification the run sets
  uint64_t bytes_written_ = 0;
};

}  // namespace crashwright::harness
