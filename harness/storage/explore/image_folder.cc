#include "harness/storage/explore/image_folder.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

namespace crashwright::harness {
namespace {

constexpr uint32_t kWatched =
    IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
constexpr uint32_t kNameChanged = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr size_t kChunkBytes = 64 << 10;

bool all_zero(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) {
    if (byte != std::byte{0}) return false;
  }
  return true;
}

}  // namespace

ImageFolder::ImageFolder(const Recording& recording) {
  for (const Operation& operation : recording.operations) {
    if (operation.kind == OperationKind::kSetTimes) timed_.insert(operation.node);
    if (operation.kind > OperationKind::kMakeSpecial) continue;
    NodeInfo& info = nodes_[operation.node];
    info.kind = operation.kind;
    info.mode = static_cast<uint32_t>(operation.size);
  }
  places_[kRootNode];
}

Result<std::unique_ptr<ImageFolder>> ImageFolder::create(const std::string& root, const Recording& recording) {
  std::unique_ptr<ImageFolder> folder(new ImageFolder(recording));
  folder->image_path_ = root + "/image";
  folder->aside_path_ = root + "/aside";
  for (const std::string& path : {folder->image_path_, folder->aside_path_}) {
    if (::mkdir(path.c_str(), 0700) != 0) return fail_errno(errno, "make " + path);
  }
  folder->inotify_ = UniqueFd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!folder->inotify_) return fail_errno(errno, "inotify", "raise fs.inotify.max_user_instances");
  if (auto watched = folder->watch(kRootNode, folder->image_path_); !watched) return tl::unexpected(watched.error());
  return folder;
}

Status ImageFolder::watch(NodeId folder, const std::string& path) {
  const int number = ::inotify_add_watch(inotify_.get(), path.c_str(), kWatched);
  if (number < 0) return fail_errno(errno, "watch " + path, "raise fs.inotify.max_user_watches");
  watches_[number] = folder;
  return {};
}

std::string ImageFolder::path_of(NodeId folder) const {
  if (folder == kRootNode) return image_path_;
  const auto places = places_.find(folder);
  if (places == places_.end() || places->second.empty()) return aside(folder);
  return path_of(*places->second.begin());
}

template <typename Seen>
void ImageFolder::read_events(Seen seen) {
  alignas(inotify_event) std::array<char, 16 << 10> buffer;
  for (;;) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    for (ssize_t at = 0; at < got;) {
      const auto* const event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      seen(event->wd, event->len > 0 ? std::string(event->name) : std::string(), event->mask);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

void ImageFolder::forget(NodeId node, Touched& touched) {
  for (const Slot& slot : places_[node]) {
    names_.erase(slot);
    foreign_.insert(slot);
    touched.slots.insert(slot);
  }
  places_.erase(node);
  contents_.erase(node);
  if (nodes_[node].kind != OperationKind::kMakeFolder) return;
  // What stood in a folder that was moved or removed is unknown as well.
  std::vector<NodeId> below;
  for (auto at = names_.lower_bound({node, ""}); at != names_.end() && at->first.folder == node; ++at) {
    below.push_back(at->second);
  }
  for (const NodeId child : below) forget(child, touched);
}

void ImageFolder::note_change(int watch, const std::string& name, uint32_t mask, Touched& touched) {
  if ((mask & IN_Q_OVERFLOW) != 0) {
    std::vector<NodeId> all;
    for (const auto& [slot, node] : names_) all.push_back(node);
    for (const NodeId node : all) forget(node, touched);
    return;
  }
  const auto folder = watches_.find(watch);
  if (folder == watches_.end() || name.empty()) return;
  const Slot slot{folder->second, name};
  const auto known = names_.find(slot);
  if ((mask & kNameChanged) != 0) {
    if (known != names_.end()) forget(known->second, touched);
    foreign_.insert(slot);
    touched.slots.insert(slot);
  } else if (known != names_.end()) {
    if ((mask & IN_ATTRIB) == 0) unknown_.insert(known->second);
    nodes_[known->second].unsure = true;
    touched.nodes.insert(known->second);
  }
}

Status ImageFolder::clear_foreign() {
  std::error_code trouble;
  for (const Slot& slot : foreign_) {
    std::filesystem::remove_all(path_of(slot), trouble);
    if (trouble) return fail(ErrorKind::kIo, "remove " + path_of(slot) + ": " + trouble.message());
  }
  foreign_.clear();
  return {};
}

Status ImageFolder::move_aside(const Slot& slot) {
  const NodeId node = names_.at(slot);
  const std::string path = path_of(slot);
  std::set<Slot>& places = places_[node];
  if (places.size() > 1) {
    if (::unlink(path.c_str()) != 0) return fail_errno(errno, "unlink " + path);
  } else if (::rename(path.c_str(), aside(node).c_str()) != 0) {
    return fail_errno(errno, "move " + path + " aside");
  }
  places.erase(slot);
  names_.erase(slot);
  return {};
}

Status ImageFolder::make_node(NodeId node, const std::string& path, ImageTree& image) {
  NodeInfo& info = nodes_[node];
  info.now = {};
  info.unsure = false;
  contents_[node] = ImageContent();
  int made = 0;
  switch (info.kind) {
    case OperationKind::kMakeFolder:
      if (::mkdir(path.c_str(), (info.mode & 07777) | 0700) != 0) return fail_errno(errno, "make " + path);
      return watch(node, path);
    case OperationKind::kMakeSymlink:
      made = ::symlink(image.content(node).text().c_str(), path.c_str());
      break;
    case OperationKind::kMakeSpecial:
      made = ::mknod(path.c_str(), info.mode, 0);
      break;
    default:
      made = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, (info.mode & 07777) | 0600);
      if (made >= 0) ::close(made);
      break;
  }
  if (made < 0) return fail_errno(errno, "make " + path);
  return {};
}

Status ImageFolder::ensure_folder(NodeId folder, ImageTree& image) {
  if (folder == kRootNode || contents_.contains(folder)) return {};
  return make_node(folder, aside(folder), image);
}

Status ImageFolder::place(const Slot& slot, NodeId node, ImageTree& image) {
  if (auto ready = ensure_folder(slot.folder, image); !ready) return ready;
  const std::string path = path_of(slot);
  std::set<Slot>& places = places_[node];
  if (!contents_.contains(node)) {
    if (auto made = make_node(node, path, image); !made) return made;
  } else if (places.empty()) {
    if (::rename(aside(node).c_str(), path.c_str()) != 0) return fail_errno(errno, "move back " + path);
  } else if (::link(path_of(*places.begin()).c_str(), path.c_str()) != 0) {
    return fail_errno(errno, "link " + path);
  }
  places.insert(slot);
  names_[slot] = node;
  if (auto brought = bring_content(node, image.content(node)); !brought) return brought;
  return bring_attributes(node, image.attributes(node));
}

Status ImageFolder::bring_content(NodeId node, const ImageContent& wanted) {
  if (nodes_[node].kind != OperationKind::kCreate) return {};
  ImageContent& present = contents_[node];
  const std::string path = path_of(*places_[node].begin());
  bool differs = present.size() != wanted.size() || unknown_.contains(node);
  if (!differs) wanted.differing(present, [&](uint64_t, uint64_t) { differs = true; });
  if (!differs) return {};
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return fail_errno(errno, "open " + path);
  if (unknown_.erase(node) != 0) {
    if (::ftruncate(file.get(), 0) != 0) return fail_errno(errno, "truncate " + path);
    present = ImageContent();
  }
  if (::ftruncate(file.get(), static_cast<off_t>(wanted.size())) != 0) return fail_errno(errno, "resize " + path);
  const uint64_t was_size = present.size();
  std::vector<std::byte> bytes;
  int trouble = 0;
  wanted.differing(present, [&](uint64_t begin, uint64_t end) {
    for (uint64_t at = begin; at < end && trouble == 0; at += kChunkBytes) {
      bytes.resize(std::min<uint64_t>(kChunkBytes, end - at));
      wanted.read(at, bytes);
      if (at >= was_size && all_zero(bytes)) continue;
      const ssize_t put = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (put != static_cast<ssize_t>(bytes.size())) trouble = put < 0 ? errno : ENOSPC;
      bytes_written_ += bytes.size();
    }
  });
  if (trouble != 0) return fail_errno(trouble, "write " + path);
  present = wanted;
  return {};
}

// Whoever builds images must still be able to write them, and may give files away only with privilege.
Status ImageFolder::bring_attributes(NodeId node, const NodeAttributes& wanted) {
  NodeInfo& info = nodes_[node];
  const std::string path = path_of(*places_[node].begin());
  if ((info.unsure || wanted.owner != info.now.owner) && ::geteuid() == 0) {
    const uint64_t owner = wanted.owner.value_or(0);
    if (::lchown(path.c_str(), static_cast<uid_t>(owner >> 32), static_cast<gid_t>(owner)) != 0) {
      return fail_errno(errno, "chown " + path);
    }
  }
  const bool has_mode = info.kind == OperationKind::kCreate || info.kind == OperationKind::kMakeFolder;
  if ((info.unsure || wanted.mode != info.now.mode) && has_mode) {
    const mode_t kept = info.kind == OperationKind::kMakeFolder ? 0700 : 0600;
    const mode_t mode = (wanted.mode.value_or(info.mode) & 07777) | kept;
    if (::chmod(path.c_str(), mode) != 0) return fail_errno(errno, "chmod " + path);
  }
  info.now = wanted;
  info.unsure = false;
  return {};
}

// Last, for everything else sets them to the present.
Status ImageFolder::bring_times(ImageTree& image, const Touched& touched) {
  std::set<NodeId> changed;
  for (const Slot& slot : touched.slots) changed.insert({slot.folder, names_.contains(slot) ? names_[slot] : kNoNode});
  changed.insert(touched.nodes.begin(), touched.nodes.end());
  for (const NodeId node : changed) {
    const auto places = places_.find(node);
    if (!timed_.contains(node) || places == places_.end() || (node != kRootNode && places->second.empty())) continue;
    const auto wanted = image.attributes(node).time();
    const timespec times[2] = {{0, UTIME_OMIT}, wanted.value_or(timespec{0, UTIME_NOW})};
    const std::string path = node == kRootNode ? image_path_ : path_of(*places->second.begin());
    if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
      return fail_errno(errno, "set the times of " + path);
    }
  }
  return {};
}

Status ImageFolder::become(ImageTree& image, Touched touched) {
  read_events([&](int watch, const std::string& name, uint32_t mask) { note_change(watch, name, mask, touched); });
  if (auto cleared = clear_foreign(); !cleared) return cleared;
  const auto present = [&](const Slot& slot) {
    const auto found = names_.find(slot);
    return found == names_.end() ? kNoNode : found->second;
  };
  for (const Slot& slot : touched.slots) {
    const NodeId have = present(slot);
    if (have == kNoNode || have == image.at(slot)) continue;
    if (auto moved = move_aside(slot); !moved) return moved;
  }
  for (const Slot& slot : touched.slots) {
    const NodeId want = image.at(slot);
    if (want == kNoNode || want == present(slot)) continue;
    if (auto placed = place(slot, want, image); !placed) return placed;
  }
  for (const NodeId node : touched.nodes) {
    const auto places = places_.find(node);
    if (places == places_.end() || places->second.empty()) continue;
    if (auto brought = bring_content(node, image.content(node)); !brought) return brought;
    if (auto brought = bring_attributes(node, image.attributes(node)); !brought) return brought;
  }
  if (!timed_.empty()) {
    if (auto brought = bring_times(image, touched); !brought) return brought;
  }
  read_events([](int, const std::string&, uint32_t) {});
  return {};
}

}  // namespace crashwright::harness
