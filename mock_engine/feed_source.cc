#include "mock_engine/feed_source.h"

#include "mock_engine/feed_generator.h"

namespace crashwright::mock_engine {
namespace {

class FileSource final : public FeedSource {
 public:
  explicit FileSource(itch::ItchFileReader reader) : reader_(std::move(reader)) {}
  itch::ReadState next(itch::FeedMessage& message) override { return reader_.next(message); }
  Error error() const override { return reader_.error(); }

 private:
  itch::ItchFileReader reader_;
};

class GeneratedSource final : public FeedSource {
 public:
  explicit GeneratedSource(const FeedOptions& options) : generator_(options.seed, options.symbols, options.messages) {}
  itch::ReadState next(itch::FeedMessage& message) override {
    return generator_.next(message) ? itch::ReadState::kMessage : itch::ReadState::kEnd;
  }
  Error error() const override { return {}; }

 private:
  itch::FeedGenerator generator_;
};

}  // namespace

Result<std::unique_ptr<FeedSource>> FeedSource::open(const FeedOptions& options) {
  if (options.file.empty()) return std::make_unique<GeneratedSource>(options);
  auto reader = itch::ItchFileReader::open(options.file);
  if (!reader) return tl::unexpected(reader.error());
  return std::make_unique<FileSource>(std::move(*reader));
}

Status write_generated_feed(const FeedOptions& options, const std::string& path) {
  auto writer = itch::ItchFileWriter::create(path);
  if (!writer) return tl::unexpected(writer.error());
  itch::FeedGenerator generator(options.seed, options.symbols, options.messages);
  itch::FeedMessage message;
  while (generator.next(message)) {
    if (auto appended = writer->append(message.bytes); !appended) return appended;
  }
  return writer->finish();
}

}  // namespace crashwright::mock_engine
