// The losses of one crash state, in order of their operations, in as little memory as they can be told in.
//
// Neighbours that are lost alike are one run of eight bytes, however many they are; what is torn takes a byte or two
// for each row of lost units. A run of hundreds of thousands of operations that never syncs has that many losses in
// every other state. Copies share what they hold until one of them is changed.
// A loss is given out by value; what it is made of has one form, so that equal lists are equal in memory.
// Threads: values. Errors: none. Memory: bytes().
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

namespace crashwright::harness {

struct Loss {
  uint32_t operation = 0;
  std::vector<uint64_t> units;  // lost tear units of a write (offset / unit), rising; empty: the whole operation
  uint64_t size_kept = 0;       // the file is as long all the same, zeros where bytes are lost; 0: the size is lost too
  auto operator<=>(const Loss&) const = default;
};

// For size_kept: the file is as long as the write made it, or would be.
inline constexpr uint64_t kAsFarAsAllowed = UINT64_MAX;

class LossList {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Loss;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Loss;

    Loss operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator&) const = default;
    [[nodiscard]] uint32_t operation() const;  // of the loss, for less than the loss

   private:
    friend class LossList;
    const LossList* list_ = nullptr;
    size_t run_ = 0;
    uint32_t step_ = 0;     // in the run
    size_t irregular_ = 0;  // the next that is told by itself
  };

  LossList() = default;
  LossList(std::initializer_list<Loss> losses);

  // In place of what is lost of the same operation. Cheap where it is the last one.
  void set(Loss loss);
  [[nodiscard]] size_t size() const { return data_ == nullptr ? 0 : data_->losses; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  // Units of torn writes, and sizes that outlive their bytes.
  [[nodiscard]] uint64_t torn() const { return data_ == nullptr ? 0 : data_->torn; }
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;
  [[nodiscard]] Iterator from(uint32_t operation) const;  // the first loss of it or of a later one
  [[nodiscard]] Iterator nth(size_t place) const;         // or the end; costs by the number of runs
  // The first from there on that is torn or leaves its size, or size().
  [[nodiscard]] size_t torn_from(size_t place) const;
  [[nodiscard]] Loss operator[](size_t place) const { return *nth(place); }
  [[nodiscard]] Loss front() const { return *begin(); }
  [[nodiscard]] Loss back() const { return *nth(size() - 1); }
  [[nodiscard]] std::optional<Loss> find(uint32_t operation) const;
  // Those of operations before this one.
  [[nodiscard]] LossList before(uint32_t operation) const;
  // Those in [begin, end) of size(), and all others.
  [[nodiscard]] LossList part(size_t begin, size_t end) const;
  [[nodiscard]] LossList without(size_t begin, size_t end) const;
  // Heap memory, shared or not.
  [[nodiscard]] size_t bytes() const;

  bool operator==(const LossList& other) const;
  std::strong_ordering operator<=>(const LossList& other) const;

 private:
  enum class Fate : uint8_t {
    kWhole,      // bytes and size
    kSizeStays,  // the bytes alone
    kIrregular,  // as irregular_ has it, one for each operation
  };
  struct Run {
    uint32_t first;
    uint32_t count : 30;
    uint32_t fate : 2;
    bool operator==(const Run&) const = default;
  };
  struct Irregular {
    uint32_t operation;
    uint32_t begin;  // of its units in unit_rows
    uint64_t size_kept;
    bool operator==(const Irregular&) const = default;
  };
  struct Data {
    std::vector<Run> runs;
    std::vector<Irregular> irregular;
    std::vector<uint8_t> unit_rows;  // of each: how far to the next row of lost units and its length, in turn
    size_t losses = 0;
    uint64_t torn = 0;
    bool operator==(const Data&) const = default;
  };

  Data& own();
  void append(const Loss& loss);
  [[nodiscard]] std::vector<uint64_t> units_of(size_t irregular) const;

  std::shared_ptr<Data> data_;  // null: empty
};

// Asks a list about operations in rising order.
class LossCursor {
 public:
  // The list outlives this.
  LossCursor(const LossList& list, uint32_t first) : list_(list), at_(list.from(first)), end_(list.end()) {}
  // What is lost of it; null: nothing. Valid until the next call.
  [[nodiscard]] const Loss* at(uint32_t operation);

 private:
  const LossList& list_;
  LossList::Iterator at_;
  LossList::Iterator end_;
  Loss loss_;
};

}  // namespace crashwright::harness
