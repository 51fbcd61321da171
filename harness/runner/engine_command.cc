#include "harness/runner/engine_command.h"

#include <algorithm>

#include "base/file.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kHangMs = 1'000;
constexpr uint64_t kPatientMs = 5'000;

void add_number(std::vector<std::string>& argv, const char* option, uint64_t value) {
  if (value == 0) return;
  argv.emplace_back(option);
  argv.push_back(std::to_string(value));
}

bool hangs(const FaultPlan& fault) { return postmortem::is_hang(fault.action); }

void add_configuration(std::vector<std::string>& argv, const Session& session, const EngineCommand& command) {
  if (session.limits != Limits::kDefault) {
    argv.emplace_back("--limits");
    argv.push_back(command.folder + "/limits-" + limits_name(session.limits));
  }
  const bool later = command.incarnation > 0 && !session.configuration_later.empty();
  argv.emplace_back("--configuration");
  argv.push_back(later ? session.configuration_later : session.configuration);
}

}  // namespace

uint64_t stall_after_ms(const Plan& plan, const EngineCommand& command) {
  const bool golden = !command.planted_bugs;
  if (golden || command.recover_only) return kPatientMs;
  if (plan.session.stall_after_ms != 0) return plan.session.stall_after_ms;
  return std::any_of(plan.faults.begin(), plan.faults.end(), hangs) ? kHangMs : kPatientMs;
}

std::vector<std::string> engine_arguments(const Plan& plan, const EngineCommand& command) {
  const Session& session = plan.session;
  std::vector<std::string> argv = {command.program,   "run",
                                   "--data",          command.data,
                                   "--postmortem",    command.folder,
                                   "--exchange",      command.exchange,
                                   "--feed-seed",     std::to_string(session.seed),
                                   "--feed-messages", std::to_string(session.messages),
                                   "--durability",    durability_name(session.durability)};
  add_number(argv, "--symbols", session.symbols);
  add_number(argv, "--checkpoint-every", session.checkpoint_every);
  add_number(argv, "--stall-after", stall_after_ms(plan, command));
  add_number(argv, "--feed-rate", session.feed_rate);
  add_number(argv, "--kill-switch-at-feed", session.kill_switch_at);
  add_number(argv, "--segment-bytes", session.segment_bytes);
  if (session.archive_segments) argv.emplace_back("--archive-segments");
  if (session.log_after_send) argv.insert(argv.end(), {"--order-logging", "after_send"});
  if (session.compare_drop_copy && !command.drop_copy.empty() && !command.recover_only) {
    argv.insert(argv.end(), {"--drop-copy", command.drop_copy});
  }
  add_number(argv, "--restarts-max", session.restarts_max);
  add_configuration(argv, session, command);
  if (command.recover_only) argv.emplace_back("--recover-only");
  if (command.planted_bugs) {
    for (const std::string& bug : plan.planted_bugs) {
      argv.emplace_back("--planted-bug");
      argv.push_back(bug);
    }
  }
  return argv;
}

std::vector<std::string> engine_environment(Build build, const std::string& folder) {
#ifdef __SANITIZE_ADDRESS__
  // Where everything is sanitized, so is the plain engine; it shall die of its signals as if it were not.
  if (build != Build::kAsan) {
    return {
        "ASAN_OPTIONS=handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:"
        "disable_coredump=0:detect_leaks=0",
        "UBSAN_OPTIONS"};
  }
#endif
  if (build != Build::kAsan) return {"ASAN_OPTIONS", "UBSAN_OPTIONS"};
  // The sanitizer reports first and then lets the process die of the signal, so that there is a core as well. Its
  // terabytes of shadow memory stay out of the core by the default use_madv_dontdump.
  const std::string common = "abort_on_error=1:log_path=" + folder + "/asan";
  return {
      "ASAN_OPTIONS=handle_segv=2:handle_abort=0:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2:disable_coredump=0:"
      "detect_leaks=0:" +
          common,
      "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:" + common,
  };
}

std::vector<std::string> exchange_arguments(const ExchangeBehaviour& behaviour) {
  std::vector<std::string> argv;
  if (behaviour.cancel_on_disconnect) argv.emplace_back("--cancel-on-disconnect");
  add_number(argv, "--drop-after", behaviour.drop_after);
  add_number(argv, "--delay-us", behaviour.delay_us);
  add_number(argv, "--reject-every", behaviour.reject_every);
  add_number(argv, "--duplicate-fill", behaviour.duplicate_fill);
  add_number(argv, "--break-trade", behaviour.break_trade);
  add_number(argv, "--drop-every", behaviour.drop_every);
  add_number(argv, "--lose-cancel", behaviour.lose_cancel);
  add_number(argv, "--refuse-logins", behaviour.refuse_logins);
  add_number(argv, "--new-session-after", behaviour.new_session_after);
  return argv;
}

Status write_limits(const Plan& plan, const std::string& folder) {
  // A fifth of the default: far enough below for the strategy to come up against them.
  static constexpr const char* kTight =
      "shares_max 300\n"
      "notional_ticks_max 700000000\n"
      "exposure_shares_max 400\n"
      "orders_max 30\n";
  if (plan.session.limits != Limits::kTight) return {};
  return write_file(folder + "/limits-tight", kTight);
}

}  // namespace crashwright::harness
