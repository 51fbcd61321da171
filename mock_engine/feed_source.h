// Where feed messages come from: an ITCH file, or the seeded generator. Both end.
//
// Threads: one owner. Signal context: no.
// Errors:  open() for a file that is not there; next() says kDamaged for a file torn in the middle of a message.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "mock_engine/itch_file.h"

namespace crashwright::mock_engine {

struct FeedOptions {
  std::string file;  // empty: generate
  uint64_t seed = 0;
  uint64_t messages = 0;
  uint32_t symbols = 0;
};

class FeedSource {
 public:
  virtual ~FeedSource() = default;
  [[nodiscard]] virtual itch::ReadState next(itch::FeedMessage& message) = 0;
  // Only after kDamaged.
  [[nodiscard]] virtual Error error() const = 0;

  [[nodiscard]] static Result<std::unique_ptr<FeedSource>> open(const FeedOptions& options);
};

// Writes the generated feed into a file.
[[nodiscard]] Status write_generated_feed(const FeedOptions& options, const std::string& path);

}  // namespace crashwright::mock_engine
