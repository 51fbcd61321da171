#include "harness/storage/explore/program_run.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/unique_fd.h"
#include "harness/storage/copy_folder.h"
#include "harness/storage/explore/call_watch.h"
#include "harness/storage/explore/supervised_program.h"
#include "harness/storage/storage_mount.h"

namespace crashwright::harness {
namespace {

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// The program's life in the mounted folder; its wait status, and whether it ended in time.
struct ProgramEnd {
  int status = 0;
  bool in_time = true;
};

// A rule took the power: the layer holds the operation until nobody can run on.
void answer_power_loss(int power_end, SupervisedProgram& program) {
  char byte = 0;
  if (::recv(power_end, &byte, 1, MSG_DONTWAIT) != 1) return;
  program.kill();
  static_cast<void>(::send(power_end, &byte, 1, MSG_NOSIGNAL));
}

Result<ProgramEnd> live(const ProgramRun& run, StorageMount& mount, Pipe& output, Pipe& ack, int power_end) {
  SupervisedCommand command;
  command.argv = run.argv;
  command.folder = run.work + "/mount";
  const auto watch = CallWatch::create(mount, command.folder, {output.write_end.get(), ack.write_end.get()});
  if (!watch) return tl::unexpected(watch.error());
  command.call_watch = (*watch)->program_end();
  command.environment = {"CRASHWRIGHT_ACK_FD=" + std::to_string(ack.write_end.get()), "PYTHONUNBUFFERED=1"};
  command.environment.insert(command.environment.end(), run.environment.begin(), run.environment.end());
  command.output = output.write_end.get();
  command.handed_on = ack.write_end.get();
  auto program = SupervisedProgram::start(command);
  if (!program) return tl::unexpected(program.error());
  output.write_end.reset();
  ack.write_end.reset();
  ProgramEnd end;
  end.in_time = (*program)->wait(run.patience, power_end);
  answer_power_loss(power_end, **program);
  const auto status = (*program)->end();
  if (!status) return tl::unexpected(status.error());
  end.status = *status;
  return end;
}

Status prepare_folders(const ProgramRun& run) {
  std::error_code trouble;
  for (const char* name : {"/mount", "/backing", "/record"})
    std::filesystem::create_directory(run.work + name, trouble);
  if (trouble) return fail(ErrorKind::kIo, "make folders in " + run.work + ": " + trouble.message());
  if (run.copy_of.empty()) return {};
  auto copied = copy_folder(run.copy_of, run.work + "/backing");
  if (!copied) copied.error().message = "--dir: " + copied.error().message;
  return copied;
}

// What became of the faults, and how much of the record counts.
Status note_faults(StorageMount& mount, RecordedRun& recorded) {
  auto faults = mount.faults();
  if (!faults) return tl::unexpected(faults.error());
  recorded.faults = std::move(*faults);
  recorded.all_fired = recorded.faults.find(" armed ") == std::string::npos;
  const auto operations = mount.operations_until_cut();
  if (!operations) return tl::unexpected(operations.error());
  recorded.operations = *operations;
  return {};
}

// SQLite's journals of several databases do it, and whoever else stores a path that is not relative.
bool names_its_folder(const StorageRecord& record, const std::string& folder) {
  for (uint64_t i = 0; i < record.size(); ++i) {
    const std::span<const std::byte> data = record[i].data;
    note_record_read(data.data(), data.size());
    if (::memmem(data.data(), data.size(), folder.data(), folder.size()) != nullptr) return true;
  }
  return false;
}

Status check_end(const ProgramRun& run, int status, RecordedRun& recorded) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string how = WIFSIGNALED(status) ? std::string("died of ") + ::strsignal(WTERMSIG(status))
                                              : "ended with exit status " + std::to_string(WEXITSTATUS(status));
  if (recorded.faults.find(" fired ") != std::string::npos ||
      recorded.faults.find(" confirmed ") != std::string::npos) {
    recorded.note = "the program " + how + " after the fault, its record counts";
    return {};
  }
  return fail(ErrorKind::kUsage, run.argv.front() + " " + how + ": nothing is judged",
              "the program must end well by itself when no power is lost");
}

}  // namespace

Result<RecordedRun> record_program(const ProgramRun& run) {
  if (auto prepared = prepare_folders(run); !prepared) return tl::unexpected(prepared.error());
  auto output = make_pipe();
  auto ack = make_pipe();
  if (!output || !ack) return tl::unexpected(!output ? output.error() : ack.error());
  int power[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, power) != 0) return fail_errno(errno, "socketpair");
  const UniqueFd power_end(power[0]);
  UniqueFd layers_power_end(power[1]);
  RecordedRun recorded;
  recorded.output_path = run.work + "/output.txt";
  const UniqueFd echo(::open(recorded.output_path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644));
  StorageOptions options;
  options.backing = run.work + "/backing";
  options.mount_point = run.work + "/mount";
  options.record_folder = run.work + "/record";
  options.ack_pipes = {output->read_end.get(), ack->read_end.get()};
  options.echo_fd = echo.get();
  options.places = true;
  options.power_end = layers_power_end.get();
  auto mount = StorageMount::start(options);
  if (!mount) return tl::unexpected(mount.error());
  layers_power_end.reset();
  for (const std::string& fault : run.faults) {
    if (auto armed = (*mount)->arm(fault); !armed) return tl::unexpected(armed.error());
  }
  const auto end = live(run, **mount, *output, *ack, power_end.get());
  if (!end) return tl::unexpected(end.error());
  if (auto settled = (*mount)->settle(); !settled) return tl::unexpected(settled.error());
  if (auto same = (*mount)->verify_record(); !same) return tl::unexpected(same.error());
  if (auto noted = note_faults(**mount, recorded); !noted) return tl::unexpected(noted.error());
  if (auto record = StorageRecord::open(options.record_folder); record) {
    recorded.record = std::move(*record);
  } else {
    return tl::unexpected(record.error());
  }
  if (auto stopped = (*mount)->stop(); !stopped) return tl::unexpected(stopped.error());
  if (names_its_folder(*recorded.record, options.mount_point)) recorded.seen_at = options.mount_point;
  if (!end->in_time) {
    recorded.note = "the program was killed after " + std::to_string(run.patience.count()) + " ms, its record counts";
    return recorded;
  }
  if (auto well = check_end(run, end->status, recorded); !well) return tl::unexpected(well.error());
  return recorded;
}

}  // namespace crashwright::harness
