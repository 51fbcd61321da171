#include "mock_engine/naive/position_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "base/unique_fd.h"

namespace crashwright::mock_engine::naive {

PositionFile::~PositionFile() {
  if (table_ != nullptr) ::munmap(table_, sizeof(PositionTable));
}

bool PositionFile::open(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd || ::ftruncate(fd.get(), sizeof(PositionTable)) != 0) return false;
  void* const mapped = ::mmap(nullptr, sizeof(PositionTable), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) return false;
  table_ = static_cast<PositionTable*>(mapped);
  return true;
}

int64_t& PositionFile::shares_of(const std::string& symbol) {
  PositionTable::Position* place = &table_->positions[0];
  for (; place != &table_->positions[kPositionsMax - 1]; ++place) {
    if (place->symbol[0] == '\0') std::strncpy(place->symbol, symbol.c_str(), sizeof place->symbol - 1);
    if (symbol == place->symbol) break;
  }
  return place->shares;
}

void PositionFile::flush() { ::msync(table_, sizeof(PositionTable), MS_ASYNC); }

}  // namespace crashwright::mock_engine::naive
