// Judges the file of mapped_writer after a power loss.
//
// usage: mapped_checker first   page 1 holds the last acknowledged number or a later one
//        mapped_checker both    and so does page 2
//        mapped_checker calm    and page 0 does not say "busy"
#include <cstdint>
#include <cstdio>
#include <string>

#include "acknowledged.h"

namespace {

constexpr long kPageBytes = 4096;

uint64_t number_at(std::FILE* file, long page) {
  uint64_t number = 0;
  if (std::fseek(file, page * kPageBytes, SEEK_SET) != 0 || std::fread(&number, sizeof number, 1, file) != 1) return 0;
  return number;
}

void must_hold(uint64_t number, const char* where, long acknowledged) {
  if (acknowledged >= 0 && number < static_cast<uint64_t>(acknowledged)) {
    violated("acknowledged and lost: " + std::string(where) + " holds " + std::to_string(number) + " of " +
             std::to_string(acknowledged));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string promise = argc == 2 ? argv[1] : "";
  if (promise != "first" && promise != "both" && promise != "calm") return 2;
  const long acknowledged = last_acknowledged();
  std::FILE* const file = std::fopen("numbers", "r");
  if (file == nullptr) {
    if (acknowledged >= 0) violated("acknowledged and lost: the file is not there");
    return 0;
  }
  must_hold(number_at(file, 1), "page 1", acknowledged);
  if (promise == "both") must_hold(number_at(file, 2), "page 2", acknowledged);
  if (promise == "calm" && number_at(file, 0) != 0) violated("it says busy for ever");
  std::fclose(file);
  return 0;
}
