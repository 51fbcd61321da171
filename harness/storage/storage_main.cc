// crashwright_storage: serves one power-loss file system until its socket closes. Started by the harness only
// (harness/storage/storage_mount.h); its arguments are positional and not meant for people.
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "harness/storage/lost_operations.h"
#include "harness/storage/power_loss.h"
#include "harness/storage/storage_fs.h"
#include "harness/storage/storage_wire.h"

namespace crashwright::harness {
namespace {

constexpr int kPowerLossPollMs = 2;
constexpr size_t kRequestBytesMax = 8192;

struct Arguments {
  std::string backing;
  std::string mount_point;
  PowerLossOptions power_loss;
  int control_fd = -1;
  int socket = -1;
  std::string record_folder;
  std::vector<int> ack_pipes;
  int echo_fd = -1;
  bool places = false;
  int power_end = -1;
};

Arguments parse(char** argv) {
  Arguments arguments;
  arguments.backing = argv[1];
  arguments.mount_point = argv[2];
  arguments.power_loss.profile = argv[3][0];
  arguments.power_loss.seed = std::strtoull(argv[4], nullptr, 10);
  arguments.power_loss.tear_unit_bytes = static_cast<uint32_t>(std::strtoul(argv[5], nullptr, 10));
  arguments.control_fd = std::atoi(argv[6]);
  arguments.socket = std::atoi(argv[7]);
  arguments.record_folder = argv[8];
  std::istringstream pipes(argv[9]);
  for (std::string number; std::getline(pipes, number, ',');) arguments.ack_pipes.push_back(std::atoi(number.c_str()));
  arguments.echo_fd = std::atoi(argv[10]);
  arguments.power_loss.lost_max = std::strtoull(argv[11], nullptr, 10);
  arguments.places = argv[12][0] != '\0';
  arguments.power_end = std::atoi(argv[13]);
  return arguments;
}

postmortem::ControlBlock* map_control_block(int fd) {
  if (fd < 0) return nullptr;
  void* const mapping = ::mmap(nullptr, sizeof(postmortem::ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return mapping == MAP_FAILED ? nullptr : static_cast<postmortem::ControlBlock*>(mapping);
}

void answer(int socket, const Result<std::string>& result) {
  const std::string text = encode_storage_answer(result).substr(0, kStorageAnswerBytesMax);
  static_cast<void>(::send(socket, text.data(), text.size(), MSG_NOSIGNAL));
}

Result<std::string> materialise(StorageFs& fs, const PowerLossOptions& options, const std::string& folder) {
  if (options.profile == 'K') fs.flush();  // what a process stored to a mapping outlives it
  StorageCore& core = fs.core();
  const auto operations = core.record().first(core.operations_until_cut());
  const PowerLossImage image = power_loss_image(operations, options);
  if (auto written = image.tree.write_out(folder); !written) return tl::unexpected(written.error());
  const std::string lost = lost_operations_text(operations, image.lost, options.tear_unit_bytes);
  if (auto written = write_file(folder + ".lost", lost); !written) return tl::unexpected(written.error());
  return std::to_string(image.operations_lost) + " operations lost, " + std::to_string(image.writes_torn) +
         " writes torn under profile " + std::string(1, options.profile);
}

Result<std::string> done(const Status& status, const std::string& text) {
  if (!status) return tl::unexpected(status.error());
  return text;
}

Result<std::string> arm(StorageFs& fs, const std::string& text) {
  const auto rule = parse_storage_fault(text);
  if (!rule) return tl::unexpected(rule.error());
  fs.core().arm(*rule);
  return std::string("armed");
}

// What thread is about to do, or did, with which bytes.
struct ThreadsRanges {
  pid_t tid = 0;
  std::vector<FileRange> ranges;
};

ThreadsRanges parse_ranges(const std::string& text) {
  std::istringstream words(text);
  ThreadsRanges parsed;
  words >> parsed.tid;
  for (FileRange range; words >> range.node >> range.offset >> range.size;) parsed.ranges.push_back(range);
  return parsed;
}

Result<std::string> announce_msync(StorageFs& fs, const std::string& text) {
  ThreadsRanges parsed = parse_ranges(text);
  fs.core().expect_msync(parsed.tid, std::move(parsed.ranges));
  return std::string("announced");
}

Result<std::string> note_asked_for(StorageFs& fs, WriteBackRequest how, const std::string& text) {
  const ThreadsRanges parsed = parse_ranges(text);
  return done(fs.core().note_asked_for(parsed.tid, how, parsed.ranges), "noted");
}

Result<std::string> fulfil(const Arguments& arguments, StorageFs& fs, const std::string& request) {
  const size_t space = request.find(' ');
  const std::string word = request.substr(0, space);
  const std::string rest = space == std::string::npos ? "" : request.substr(space + 1);
  if (word == "materialise") return materialise(fs, arguments.power_loss, rest);
  if (word == "verify") return done(fs.core().record_equals_backing(), "the record equals the folder");
  if (word == "fault") return arm(fs, rest);
  if (word == "operations") return std::to_string(fs.core().operations_until_cut());
  if (word == "msync") return announce_msync(fs, rest);
  for (const auto how : {WriteBackRequest::kSomeTime, WriteBackRequest::kNow, WriteBackRequest::kDropCache}) {
    if (word == write_back_word(how)) return note_asked_for(fs, how, rest);
  }
  if (word == "stores_before") {
    fs.core().stores_come_down_before(std::atoi(rest.c_str()));
    return std::string("noted");
  }
  if (word == "acknowledger") {
    fs.core().acknowledgements_are_of(std::atoi(rest.c_str()));
    return std::string("noted");
  }
  if (word == "faults") return fs.core().fault_report();
  if (word == "acknowledge") {
    fs.core().acknowledge(rest);
    return std::string("marked");
  }
  if (word == "settle") {
    fs.core().take_acknowledgements();
    return std::string("settled");
  }
  if (word == "sync_all") {
    fs.flush();
    return done(fs.core().sync_all(std::atoi(rest.c_str())), "synced");
  }
  if (word == "flush") {
    fs.flush();
    return std::string("flushed");
  }
  return fail(ErrorKind::kInternal, "the storage layer does not know the request " + word);
}

// False when the harness has hung up.
bool serve_request(const Arguments& arguments, StorageFs& fs) {
  char buffer[kRequestBytesMax];
  const ssize_t got = ::recv(arguments.socket, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  answer(arguments.socket, fulfil(arguments, fs, std::string(buffer, static_cast<size_t>(got))));
  return true;
}

int run(const Arguments& arguments) {
  StorageFsOptions options;
  options.core.backing = arguments.backing;
  options.core.record_folder = arguments.record_folder;
  options.core.block = map_control_block(arguments.control_fd);
  options.mount_point = arguments.mount_point;
  options.core.ack_pipes = arguments.ack_pipes;
  options.core.echo_fd = arguments.echo_fd;
  options.core.places = arguments.places;
  options.core.power_end = arguments.power_end;
  auto fs = StorageFs::mount(options);
  if (!fs) {
    answer(arguments.socket, tl::unexpected(fs.error()));
    return 10;
  }
  answer(arguments.socket, std::string());
  std::vector<pollfd> waiting;
  StorageCore& core = (*fs)->core();
  const int timeout_ms = options.core.block == nullptr ? -1 : kPowerLossPollMs;
  for (;;) {
    waiting = {{(*fs)->end_descriptor(), POLLIN, 0}, {arguments.socket, POLLIN, 0}};
    for (const int pipe : core.ack_pipes()) waiting.push_back({pipe, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), timeout_ms) < 0) continue;
    core.check_power_loss();
    if (waiting.size() > 2) core.take_acknowledgements();
    if (waiting[0].revents != 0) return 0;
    if (waiting[1].revents != 0 && !serve_request(arguments, **fs)) return 0;
  }
}

}  // namespace
}  // namespace crashwright::harness

int main(int argc, char** argv) {
  if (argc != 14) {
    std::fputs("crashwright_storage is started by crashwright; see `crashwright --help`\n", stderr);
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);  // the harness decides when the mount goes
  return crashwright::harness::run(crashwright::harness::parse(argv));
}
