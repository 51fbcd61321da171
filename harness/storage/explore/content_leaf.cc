#include "harness/storage/explore/content_leaf.h"

#include <algorithm>

#include "base/check.h"

namespace crashwright::harness {
namespace {

constexpr size_t kGarbageMin = 64;  // words that are never worth the work

}  // namespace

std::span<const ContentLeaf::Piece> ContentLeaf::pieces(uint64_t block) const {
  if (block >= pieces_.size() || pieces_[block].word_ == 0) return {};
  const uint64_t word = pieces_[block].word_;
  if ((word & kList) == 0) return {&pieces_[block], 1};
  const uint64_t at = word & ~kList;
  return {lists_.data() + at + 1, lists_[at].word_};
}

void ContentLeaf::put(uint64_t block, uint64_t begin, uint64_t end, const std::byte* data) {
  CRASHWRIGHT_CHECK(reinterpret_cast<uintptr_t>(data) >> 48 == 0, "addresses have 48 bits");
  if (block >= pieces_.size()) {
    if (data == nullptr) return;
    pieces_.resize(block + 1, Piece(0));
    hashes_.resize(block + 1);
  }
  stale_[block] = true;
  thread_local std::vector<Piece> made;
  made.clear();
  const auto add = [](const Piece& piece) {
    const bool goes_on = !made.empty() && made.back().data_at(piece.begin()) == piece.data();
    if (!goes_on) made.push_back(piece);
  };
  std::span<const Piece> old = pieces(block);
  const Piece zeros(nullptr, 0);
  if (old.empty()) old = {&zeros, 1};
  const Piece* behind = &old.front();  // the one that holds `end`
  for (const Piece& piece : old) {
    if (piece.begin() < begin) add(piece);
    if (piece.begin() <= end) behind = &piece;
  }
  add(Piece(data, begin));
  if (end < kBlockBytes) add(Piece(behind->data_at(end), end));
  for (const Piece& piece : old) {
    if (piece.begin() > end) add(piece);
  }
  store(block, made);
}

void ContentLeaf::store(uint64_t block, const std::vector<Piece>& pieces) {
  const uint64_t word = pieces_[block].word_;
  const bool was_list = (word & kList) != 0;
  const uint64_t at = word & ~kList;
  const size_t room = was_list ? lists_[at].word_ : 0;
  const bool last = was_list && at + 1 + room == lists_.size();
  if (pieces.size() == 1) {
    if (was_list) garbage_ += room + 1;
    pieces_[block] = pieces.front();
  } else if (was_list && (pieces.size() <= room || last)) {
    if (last) {
      lists_.resize(at + 1 + pieces.size(), Piece(0));
    } else {
      garbage_ += room - pieces.size();
    }
    lists_[at] = Piece(pieces.size());
    std::copy(pieces.begin(), pieces.end(), lists_.begin() + static_cast<ptrdiff_t>(at) + 1);
  } else {
    if (was_list) garbage_ += room + 1;
    pieces_[block] = Piece(kList | lists_.size());
    lists_.push_back(Piece(pieces.size()));
    lists_.insert(lists_.end(), pieces.begin(), pieces.end());
  }
  if (garbage_ > kGarbageMin && garbage_ * 2 > lists_.size()) drop_garbage();
}

void ContentLeaf::drop_garbage() {
  std::vector<Piece> lists;
  lists.reserve(lists_.size() - garbage_);
  for (uint64_t block = 0; block < pieces_.size(); ++block) {
    if ((pieces_[block].word_ & kList) == 0) continue;
    const std::span<const Piece> kept = pieces(block);
    pieces_[block] = Piece(kList | lists.size());
    lists.push_back(Piece(kept.size()));
    lists.insert(lists.end(), kept.begin(), kept.end());
  }
  lists_ = std::move(lists);
  garbage_ = 0;
}

void ContentLeaf::trim() {
  if (garbage_ > 0) drop_garbage();
  lists_.shrink_to_fit();
}

}  // namespace crashwright::harness
