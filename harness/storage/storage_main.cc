// crashwright_storage: serves one power-loss file system until its socket closes. Started by the harness only
// (harness/storage/storage_mount.h); its arguments are positional and not meant for people.
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

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

Result<std::string> materialise(const StorageFs& fs, const PowerLossOptions& options, const std::string& folder) {
  const PowerLossImage image = power_loss_image(fs.record(), options);
  if (auto written = image.tree.write_out(folder); !written) return tl::unexpected(written.error());
  return std::to_string(image.operations_lost) + " operations lost, " + std::to_string(image.writes_torn) +
         " writes torn under profile " + std::string(1, options.profile);
}

// False when the harness has hung up.
bool serve_request(const Arguments& arguments, const StorageFs& fs) {
  char buffer[kRequestBytesMax];
  const ssize_t got = ::recv(arguments.socket, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  const std::string request(buffer, static_cast<size_t>(got));
  static const std::string kMaterialise = "materialise ";
  if (request.starts_with(kMaterialise)) {
    answer(arguments.socket, materialise(fs, arguments.power_loss, request.substr(kMaterialise.size())));
  } else if (auto same = fs.record_equals_backing(); same) {
    answer(arguments.socket, std::string("the record equals the folder"));
  } else {
    answer(arguments.socket, tl::unexpected(same.error()));
  }
  return true;
}

int run(const Arguments& arguments) {
  StorageFsOptions options;
  options.backing = arguments.backing;
  options.mount_point = arguments.mount_point;
  options.block = map_control_block(arguments.control_fd);
  auto fs = StorageFs::mount(options);
  if (!fs) {
    answer(arguments.socket, tl::unexpected(fs.error()));
    return 10;
  }
  answer(arguments.socket, std::string());
  pollfd waiting[2] = {{(*fs)->descriptor(), POLLIN, 0}, {arguments.socket, POLLIN, 0}};
  for (;;) {
    if (::poll(waiting, 2, kPowerLossPollMs) < 0) continue;
    (*fs)->check_power_loss();
    if (waiting[0].revents != 0 && !(*fs)->serve()) return 0;
    if (waiting[1].revents != 0 && !serve_request(arguments, **fs)) return 0;
  }
}

}  // namespace
}  // namespace crashwright::harness

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fputs("crashwright_storage is started by crashwright; see `crashwright --help`\n", stderr);
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);  // the harness decides when the mount goes
  return crashwright::harness::run(crashwright::harness::parse(argv));
}
