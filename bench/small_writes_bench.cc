// The memory that exploring a run of 1 GiB in writes of 512 bytes takes, two million of them: that of the storage layer
// when it replays its record and compares it with its files, and that of the harness when it judges crash states, each
// at its worst, mapped files included, added up. The record is written down here, as the layer would: through a mount
// and a watched program it would take minutes. Reports to `crashwright bench` (README.md).
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "base/unique_fd.h"
#include "bench/samples.h"
#include "harness/storage/explore/campaign.h"
#include "harness/storage/explore/scratch_folder.h"
#include "harness/storage/operation_list.h"
#include "harness/storage/record_writer.h"
#include "harness/storage/tree_model.h"

namespace {

using namespace crashwright;
using namespace crashwright::harness;

constexpr uint64_t kWriteBytes = 512;
constexpr uint64_t kWrites = (uint64_t{1} << 30) / kWriteBytes;
constexpr uint64_t kWritesPerSync = (uint64_t{16} << 20) / kWriteBytes;
constexpr uint64_t kStates = 40;

struct Failed {};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "small_writes_bench: %s\n", why.c_str());
  throw Failed();
}

template <typename Answer>
auto need(Answer answer) {
  if (!answer) give_up(answer.error().message);
  if constexpr (!std::is_same_v<Answer, Status>) return std::move(*answer);
}

// A log that grows, is synced now and then and acknowledged; its record, and beside it the folder that it leaves.
void write_down(const std::string& root) {
  for (const char* const name : {"/record", "/files"}) std::filesystem::create_directory(root + name);
  const auto writer = need(RecordWriter::create(root + "/record"));
  const UniqueFd log(::open((root + "/files/log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  uint64_t time_ns = 0;
  const auto add = [&](Operation operation, OperationKind kind) {
    operation.kind = kind;
    operation.node = 1;
    operation.pid = operation.tid = 1'000;
    operation.time_ns = ++time_ns;
    need(writer->append(operation));
  };
  Operation create;
  create.name = "log";
  create.size = 0644;
  add(create, OperationKind::kCreate);
  std::vector<std::byte> bytes(kWriteBytes);
  for (uint64_t i = 1; i <= kWrites; ++i) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(i % 251);
    Operation write;
    write.offset = (i - 1) * kWriteBytes;
    write.size = kWriteBytes;
    write.data = bytes;
    add(write, OperationKind::kWrite);
    if (::write(log.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(kWriteBytes)) give_up("disk full");
    if (i % kWritesPerSync != 0) continue;
    add({}, OperationKind::kSyncFile);
    const std::string token = std::to_string(i);
    Operation mark;
    mark.name = token;
    add(mark, OperationKind::kAcknowledge);
  }
}

// What the storage layer does before any verdict.
void replay(const std::string& root) {
  const auto record = need(StorageRecord::open(root + "/record"));
  TreeModel tree;
  for (const Operation& operation : record->first(record->size())) tree.apply(operation);
  need(tree.equals_folder(root + "/files"));
}

class Agreeing final : public ImageJudge {
  Result<ImageVerdict> judge(const std::string&, uint32_t, uint32_t) override { return ImageVerdict{}; }
};

void explore_it(const std::string& root) {
  const auto record = need(StorageRecord::open(root + "/record"));
  const Recording recording = make_recording(record->first(record->size()));
  const ScratchFolder images = need(ScratchFolder::create(ScratchFolder::Place::kDisk));
  CampaignOptions options;
  options.profiles = {need(load_storage_profile("E"))};
  options.explore.scratch = images.path();
  options.explore.states_max = kStates;
  const JudgeFactory judges = [](const std::string&) -> Result<std::unique_ptr<ImageJudge>> {
    return std::make_unique<Agreeing>();
  };
  if (need(run_campaign(recording, judges, options)).states != kStates) give_up("too few states");
}

// The most that a process of its own had resident while it did this.
double peak_mib(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
    } catch (const Failed&) {
      std::_Exit(1);
    }
    std::_Exit(0);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || ::wait4(child, &status, 0, &used) != child || status != 0) give_up("a part of it failed");
  return static_cast<double>(used.ru_maxrss) / 1024;
}

struct Workplace {
  Workplace() {
    char path[] = "/var/tmp/crashwright-bench-XXXXXX";
    if (::mkdtemp(path) == nullptr) give_up("cannot make a folder in /var/tmp");
    root = path;
  }
  ~Workplace() { std::filesystem::remove_all(root); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  std::string root;
};

}  // namespace

int main() {
  try {
    bench::Samples samples;
    const Workplace workplace;
    write_down(workplace.root);
    const double replaying = peak_mib([&] { replay(workplace.root); });
    const double exploring = peak_mib([&] { explore_it(workplace.root); });
    samples.add("replay_mib", replaying);
    samples.add("explore_mib", exploring);
    samples.add("memory_small_writes_1gib_mib", replaying + exploring);
    samples.print();
  } catch (const Failed&) {
    return 1;
  }
}
