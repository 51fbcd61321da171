// A blocking SoupBinTCP client and a running mock_exchange process for process tests. Tests only.
//
// Threads: one owner. Errors: a failed Boost.Test check; nothing waits longer than ten seconds. Signal context: no.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "mock_engine/ouch.h"
#include "mock_engine/soupbintcp.h"

namespace crashwright::mock_engine::exchange {

constexpr std::chrono::seconds kPatience{10};

// Packets as "type" and payload, owned.
struct Received {
  char type = 0;
  std::vector<std::byte> payload;
};

class Client {
 public:
  explicit Client(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    BOOST_REQUIRE(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }

  void send_raw(Bytes bytes) const { BOOST_REQUIRE(write_all(fd_.get(), bytes).has_value()); }
  void log_in(uint64_t next_sequence, const char* session = "") const {
    soup::LoginRequest request;
    request.user_name = soup::UserName::of("TEST");
    request.session = soup::SessionName::of(session);
    request.next_sequence = next_sequence;
    std::byte packet[soup::kLoginRequestBytes];
    send_raw({packet, soup::encode(request, packet)});
  }
  // Logs in and checks that it was accepted.
  void start(uint64_t next_sequence) {
    log_in(next_sequence);
    BOOST_REQUIRE(receive().type == 'A');
  }
  template <typename Message>
  static std::vector<std::byte> packet_of(const Message& message) {
    std::vector<std::byte> packet(soup::kHeaderBytes + ouch::encoded_bytes(message));
    soup::encode_header(soup::PacketType::kUnsequenced, ouch::encoded_bytes(message), packet.data());
    ouch::encode(message, packet.data() + soup::kHeaderBytes);
    return packet;
  }
  template <typename Message>
  void send(const Message& message) const {
    send_raw(packet_of(message));
  }
  static ouch::EnterOrder order(uint32_t user_ref) {
    ouch::EnterOrder order;
    order.user_ref = user_ref;
    order.quantity = 100 + user_ref % 7;
    order.symbol = Symbol::of(user_ref % 2 == 0 ? "AAPL" : "MSFT");
    order.side = user_ref % 3 == 0 ? 'S' : 'B';
    order.price_ticks = 1'000'000 + user_ref * 100;
    return order;
  }

  // The next packet, type 0 at the end of the connection. Heartbeats are passed over.
  Received receive() {
    const Deadline deadline(kPatience);
    for (;;) {
      soup::Packet packet;
      const auto status = framer_.next(packet);
      BOOST_REQUIRE(status != soup::FrameStatus::kBadLength);
      if (status == soup::FrameStatus::kPacket) {
        if (packet.type == soup::PacketType::kServerHeartbeat) continue;
        return {static_cast<char>(packet.type), {packet.payload.begin(), packet.payload.end()}};
      }
      pollfd wait{fd_.get(), POLLIN, 0};
      BOOST_REQUIRE(!deadline.passed());
      if (::poll(&wait, 1, 100) <= 0) continue;
      const auto space = framer_.write_space();
      const ssize_t got = ::recv(fd_.get(), space.data(), space.size(), 0);
      if (got <= 0) return {};
      framer_.committed(static_cast<size_t>(got));
    }
  }
  // The answers up to and including the one to an account query that is sent now; the replay before it holds the
  // answers to `replayed_queries` older ones.
  std::vector<std::vector<std::byte>> answers(size_t replayed_queries = 0) {
    send(ouch::AccountQuery{});
    std::vector<std::vector<std::byte>> found;
    for (;;) {
      Received packet = receive();
      BOOST_REQUIRE(packet.type == 'S');
      found.push_back(std::move(packet.payload));
      if (found.back()[0] == std::byte{'Q'} && replayed_queries-- == 0) return found;
    }
  }

 private:
  UniqueFd fd_;
  soup::Framer framer_;
};

class ExchangeProcess {
 public:
  explicit ExchangeProcess(std::vector<std::string> arguments = {}) {
    char name[] = "/tmp/crashwright-exchange-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name) != nullptr);
    folder = name;
    arguments.insert(arguments.begin(), {program(), "--dir", folder});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid = ::fork();
    BOOST_REQUIRE(pid >= 0);
    if (pid == 0) {
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    port = wait_for_port();
  }
  ~ExchangeProcess() {
    if (pid > 0) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    std::filesystem::remove_all(folder);
  }
  ExchangeProcess(const ExchangeProcess&) = delete;
  ExchangeProcess& operator=(const ExchangeProcess&) = delete;

  // SIGTERM, exit status 0, and the books it leaves.
  std::string stop() {
    ::kill(pid, SIGTERM);
    int status = 0;
    BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
    pid = -1;
    BOOST_TEST(status == 0);
    return read_file(folder + "/exchange.json").value_or("no exchange.json");
  }
  [[nodiscard]] std::string drop_copy() const { return read_file(folder + "/drop_copy.jsonl").value_or(""); }
  // Waits until the drop copy holds `text`.
  void await(const std::string& text) const {
    const Deadline deadline(kPatience);
    while (drop_copy().find(text) == std::string::npos) {
      BOOST_REQUIRE_MESSAGE(!deadline.passed(), "the drop copy never said " << text);
      ::sched_yield();
    }
  }

  std::string folder;
  pid_t pid = -1;
  uint16_t port = 0;

 private:
  // The programs of one build stand in one folder.
  static std::string program() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "mock_exchange";
  }
  [[nodiscard]] uint16_t wait_for_port() const {
    const Deadline deadline(kPatience);
    for (;;) {
      if (const auto text = read_file(folder + "/port")) return static_cast<uint16_t>(std::stoi(*text));
      BOOST_REQUIRE(::waitpid(pid, nullptr, WNOHANG) == 0);
      BOOST_REQUIRE(!deadline.passed());
      ::sched_yield();
    }
  }
};

}  // namespace crashwright::mock_engine::exchange
