// The mock exchange: a process of its own, so that nothing that happens to the engine can touch what it knows.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <string>

#include "base/file.h"
#include "mock_engine/exchange/session_server.h"

namespace crashwright::mock_engine::exchange {
namespace {

struct Options {
  std::string folder;
  ServerOptions server;
  Misbehaviour misbehaviour;
};

void describe(CLI::App& app, Options& options) {
  app.description(
      "Mock exchange: SoupBinTCP 3.00 and OUCH 5.0 on 127.0.0.1, with a drop copy.\n"
      "SIGTERM ends it in order, SIGUSR1 drops the client's connection.");
  app.add_option("--dir", options.folder, "Folder for port, drop_copy.jsonl and exchange.json")->required();
  app.add_option("--port", options.server.port, "Port to listen on; 0 takes a free one")->capture_default_str();
  app.add_option("--session", options.server.session, "Session name, at most 10 characters")
      ->capture_default_str()
      ->check([](const std::string& name) { return name.size() <= 10 ? "" : "more than 10 characters"; });
  app.add_flag("--cancel-on-disconnect", options.server.cancel_on_disconnect,
               "Cancel all open orders when the client's connection ends");
  const std::string group = "Misbehaviour";
  app.add_option("--drop-after", options.server.drop_after, "Drop the connection after N order messages, once")
      ->group(group);
  app.add_option("--delay-us", options.server.delay_us, "Hold every answer back for N microseconds")->group(group);
  app.add_option("--drop-every", options.server.drop_every, "Drop the connection after every N order messages")
      ->group(group);
  app.add_option("--refuse-logins", options.server.refuse_logins, "Turn N logins away after the first that was let in")
      ->group(group);
  app.add_option("--new-session-after", options.server.new_session_after,
                 "Begin a new session after N order messages, once; the old one cannot be had again")
      ->group(group);
  app.add_option("--lose-cancel", options.misbehaviour.lose_cancel, "Lose every N-th cancel without an answer")
      ->group(group);
  app.add_option("--reject-every", options.misbehaviour.reject_every, "Reject every N-th new order or replace")
      ->group(group);
  app.add_option("--duplicate-fill", options.misbehaviour.duplicate_fill, "Report every N-th execution twice")
      ->group(group);
  app.add_option("--break-trade", options.misbehaviour.break_trade, "Break every N-th execution after reporting it")
      ->group(group);
  app.add_option("--break-first-at", options.misbehaviour.break_first_at,
                 "Break the first execution of all behind the N-th")
      ->group(group);
}

// Renamed into place, so that who waits for the file never reads half a number.
Status publish_port(const std::string& folder, uint16_t port) {
  const std::string path = folder + "/port";
  const std::string temporary = path + ".new";
  if (auto written = write_file(temporary, std::to_string(port) + "\n"); !written) return written;
  if (::rename(temporary.c_str(), path.c_str()) != 0) return fail_errno(errno, "rename " + temporary);
  return {};
}

Status serve(const Options& options) {
  auto drop_copy = DropCopy::create(options.folder + "/drop_copy.jsonl");
  if (!drop_copy) return tl::unexpected(drop_copy.error());
  SequencedStream stream;
  MatchingEngine engine(options.misbehaviour, stream, *drop_copy);
  SessionServer server(options.server, engine, stream, *drop_copy);
  if (auto started = server.start(); !started) return started;
  if (auto published = publish_port(options.folder, server.port()); !published) return published;
  if (auto ran = server.run(); !ran) return ran;
  Books::Totals totals;
  totals.sequenced_messages = stream.total();
  totals.orders_entered = engine.orders_entered();
  totals.retransmissions = engine.retransmissions();
  totals.disconnects = server.disconnects();
  return write_file_atomic(options.folder + "/exchange.json", engine.books().to_json(engine.violations(), totals));
}

int run(int argc, char** argv) {
  constexpr int kExitUsage = 2;
  constexpr int kExitEnvironment = 10;
  CLI::App app;
  Options options;
  describe(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (auto served = serve(options); !served) {
    std::fprintf(stderr, "mock_exchange: %s\n", served.error().message.c_str());
    return kExitEnvironment;
  }
  return 0;
}

}  // namespace
}  // namespace crashwright::mock_engine::exchange

int main(int argc, char** argv) { return crashwright::mock_engine::exchange::run(argc, argv); }
