#include "harness/storage/explore/loss_list.h"

#include <algorithm>

namespace crashwright::harness {
namespace {

constexpr uint32_t kRunMax = (uint32_t{1} << 30) - 1;

// Seven bits a byte, the lowest first; the eighth tells that more follow.
void put_number(uint64_t number, std::vector<uint8_t>& out) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<uint8_t>(number | 0x80));
  out.push_back(static_cast<uint8_t>(number));
}

uint64_t take_number(const std::vector<uint8_t>& in, size_t& at) {
  uint64_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    const uint8_t byte = in[at++];
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return number;
  }
}

}  // namespace

LossList::LossList(std::initializer_list<Loss> losses) {
  for (const Loss& loss : losses) set(loss);
}

LossList::Data& LossList::own() {
  if (data_ == nullptr) {
    data_ = std::make_shared<Data>();
  } else if (data_.use_count() > 1) {
    data_ = std::make_shared<Data>(*data_);
  }
  return *data_;
}

void LossList::append(const Loss& loss) {
  Data& data = own();
  ++data.losses;
  data.torn += loss.units.size() + (loss.size_kept > 0 ? 1 : 0);
  Fate fate = loss.size_kept == 0 ? Fate::kWhole : Fate::kSizeStays;
  if (!loss.units.empty() || (loss.size_kept > 0 && loss.size_kept != kAsFarAsAllowed)) {
    fate = Fate::kIrregular;
    data.irregular.push_back({loss.operation, static_cast<uint32_t>(data.unit_rows.size()), loss.size_kept});
    uint64_t next = 0;
    for (size_t i = 0; i < loss.units.size();) {
      size_t end = i + 1;
      while (end < loss.units.size() && loss.units[end] == loss.units[end - 1] + 1) ++end;
      put_number(loss.units[i] - next, data.unit_rows);
      put_number(end - i, data.unit_rows);
      next = loss.units[end - 1] + 1;
      i = end;
    }
  }
  if (!data.runs.empty()) {
    Run& last = data.runs.back();
    const bool goes_on = last.first + last.count == loss.operation && last.count < kRunMax;
    if (goes_on && last.fate == static_cast<uint32_t>(fate)) {
      ++last.count;
      return;
    }
  }
  data.runs.push_back({loss.operation, 1, static_cast<uint32_t>(fate)});
}

void LossList::set(Loss loss) {
  const bool last = empty() || data_->runs.back().first + uint64_t{data_->runs.back().count} <= loss.operation;
  if (last) return append(loss);
  LossList made = before(loss.operation);
  const Iterator stop = end();
  auto at = from(loss.operation);
  if (at.operation() == loss.operation) ++at;
  made.append(loss);
  for (; at != stop; ++at) made.append(*at);
  *this = std::move(made);
}

std::vector<uint64_t> LossList::units_of(size_t irregular) const {
  std::vector<uint64_t> units;
  const bool last = irregular + 1 == data_->irregular.size();
  const size_t end = last ? data_->unit_rows.size() : data_->irregular[irregular + 1].begin;
  uint64_t next = 0;
  for (size_t at = data_->irregular[irregular].begin; at < end;) {
    next += take_number(data_->unit_rows, at);
    for (uint64_t count = take_number(data_->unit_rows, at); count > 0; --count) units.push_back(next++);
  }
  return units;
}

uint32_t LossList::Iterator::operation() const { return list_->data_->runs[run_].first + step_; }

Loss LossList::Iterator::operator*() const {
  const Data& data = *list_->data_;
  const auto fate = static_cast<Fate>(data.runs[run_].fate);
  if (fate != Fate::kIrregular) return {operation(), {}, fate == Fate::kWhole ? 0 : kAsFarAsAllowed};
  return {operation(), list_->units_of(irregular_), data.irregular[irregular_].size_kept};
}

LossList::Iterator& LossList::Iterator::operator++() {
  const Run& run = list_->data_->runs[run_];
  if (static_cast<Fate>(run.fate) == Fate::kIrregular) ++irregular_;
  if (++step_ == run.count) {
    ++run_;
    step_ = 0;
  }
  return *this;
}

LossList::Iterator LossList::begin() const {
  Iterator at;
  at.list_ = this;
  return at;
}

LossList::Iterator LossList::end() const {
  Iterator at = begin();
  if (data_ == nullptr) return at;
  at.run_ = data_->runs.size();
  at.irregular_ = data_->irregular.size();
  return at;
}

LossList::Iterator LossList::from(uint32_t operation) const {
  Iterator at = begin();
  if (data_ == nullptr) return at;
  const auto run = std::partition_point(data_->runs.begin(), data_->runs.end(),
                                        [&](const Run& one) { return one.first + uint64_t{one.count} <= operation; });
  at.run_ = static_cast<size_t>(run - data_->runs.begin());
  if (run != data_->runs.end() && run->first < operation) at.step_ = operation - run->first;
  const auto irregular = std::partition_point(data_->irregular.begin(), data_->irregular.end(),
                                              [&](const Irregular& one) { return one.operation < operation; });
  at.irregular_ = static_cast<size_t>(irregular - data_->irregular.begin());
  return at;
}

LossList::Iterator LossList::nth(size_t place) const {
  if (place >= size()) return end();
  size_t run = 0;
  for (; place >= data_->runs[run].count; ++run) place -= data_->runs[run].count;
  return from(data_->runs[run].first + static_cast<uint32_t>(place));
}

size_t LossList::torn_from(size_t place) const {
  size_t begin = 0;
  for (size_t run = 0; begin < size(); begin += data_->runs[run++].count) {
    const size_t end = begin + data_->runs[run].count;
    if (end > place && static_cast<Fate>(data_->runs[run].fate) != Fate::kWhole) return std::max(place, begin);
  }
  return size();
}

std::optional<Loss> LossList::find(uint32_t operation) const {
  const Iterator at = from(operation);
  return at == end() || at.operation() != operation ? std::nullopt : std::optional(*at);
}

LossList LossList::before(uint32_t operation) const {
  if (empty() || data_->runs.front().first >= operation) return {};
  const Iterator stop = from(operation);
  if (stop == end()) return *this;
  LossList made;
  for (auto at = begin(); at != stop; ++at) made.append(*at);
  return made;
}

LossList LossList::part(size_t begin, size_t end) const {
  LossList made;
  for (auto at = nth(begin); begin < end && at != this->end(); ++at, ++begin) made.append(*at);
  return made;
}

LossList LossList::without(size_t begin, size_t end) const {
  LossList made = part(0, begin);
  for (auto at = nth(end); at != this->end(); ++at) made.append(*at);
  return made;
}

size_t LossList::bytes() const {
  if (data_ == nullptr) return 0;
  return sizeof(Data) + data_->runs.capacity() * sizeof(Run) + data_->irregular.capacity() * sizeof(Irregular) +
         data_->unit_rows.capacity();
}

bool LossList::operator==(const LossList& other) const {
  if (data_ == other.data_) return true;
  if (size() != other.size()) return false;
  return empty() || *data_ == *other.data_;
}

std::strong_ordering LossList::operator<=>(const LossList& other) const {
  if (data_ == other.data_) return std::strong_ordering::equal;
  return std::lexicographical_compare_three_way(begin(), end(), other.begin(), other.end());
}

const Loss* LossCursor::at(uint32_t operation) {
  if (at_ != end_ && at_.operation() < operation) ++at_;
  if (at_ != end_ && at_.operation() < operation) at_ = list_.from(operation);
  if (at_ == end_ || at_.operation() != operation) return nullptr;
  loss_ = *at_;
  return &loss_;
}

}  // namespace crashwright::harness
