// Goal: the exchange as a process: it outlives any client, replays what a new one asks for, and its drop copy is never
// behind its answers. Method: the real program, real sockets, clients that are killed for real.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "mock_engine/exchange/exchange_client.h"
#include "mock_engine/test_bytes.h"

using namespace crashwright;
using namespace crashwright::mock_engine;
using namespace crashwright::mock_engine::exchange;

namespace {

using Answers = std::vector<std::vector<std::byte>>;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// The books without the count of messages and connections: what must not depend on how a session was cut.
std::string order_part(const std::string& json) {
  const size_t begin = json.find("\"orders\":");
  return json.substr(begin, json.find("\"retransmissions\"") - begin);
}

// Time stamps differ between processes; they stand after the type in every message.
Answers without_time(Answers answers) {
  for (auto& answer : answers) std::fill_n(answer.begin() + 1, 8, std::byte{0});
  return answers;
}

// In a child process: says so through `ready` and waits to be killed.
[[noreturn]] void send_twenty_and_a_torn_one(uint16_t port, int ready) {
  try {
    Client client(port);
    client.start(1);
    for (uint32_t ref = 1; ref <= 20; ++ref) client.send(Client::order(ref));
    (void)client.answers();
    const auto torn = Client::packet_of(Client::order(21));
    client.send_raw(Bytes(torn).first(17));
    if (::write(ready, "x", 1) == 1) {
      for (;;) ::pause();
    }
  } catch (...) {
  }
  ::_exit(1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_trades_and_the_final_books_are_written) {
  ExchangeProcess exchange;
  Client client(exchange.port);
  client.start(1);
  for (uint32_t ref = 1; ref <= 50; ++ref) client.send(Client::order(ref));
  const Answers answers = client.answers();
  BOOST_TEST((answers.front()[0] == std::byte{'S'}));
  const std::string copy = exchange.drop_copy();
  BOOST_TEST(count(copy, "\"kind\":\"out\"") == answers.size());
  BOOST_TEST(count(copy, "\"type\":\"enter\"") == 50U);
  const std::string books = exchange.stop();
  BOOST_TEST(client.receive().type == 'Z');
  BOOST_TEST(contains(books, "\"orders_entered\":50,"));
  BOOST_TEST(contains(books, "\"sequenced_messages\":" + std::to_string(answers.size()) + ","));
  BOOST_TEST(contains(books,
                      R"("violations":{"login_storm":0,"malformed":0,"order_after_kill_switch":0,"reused_user_ref":0,)"
                      R"("sequence_gap":0})"));
}

BOOST_AUTO_TEST_CASE(the_drop_copy_knows_every_answer_before_the_client_does) {
  ExchangeProcess exchange;
  Client client(exchange.port);
  client.start(1);
  for (uint32_t ref = 1; ref <= 200; ++ref) {
    client.send(Client::order(ref));
    Received answer = client.receive();
    while (answer.payload[0] == std::byte{'S'} || answer.payload[0] == std::byte{'E'}) answer = client.receive();
    BOOST_REQUIRE(contains(exchange.drop_copy(), "\"user_ref\":" + std::to_string(ref) + ","));
  }
}

BOOST_AUTO_TEST_CASE(a_new_login_gets_the_stream_from_the_sequence_it_asks_for) {
  ExchangeProcess exchange;
  Answers all;
  {
    Client client(exchange.port);
    client.start(1);
    for (uint32_t ref = 1; ref <= 30; ++ref) client.send(Client::order(ref));
    all = client.answers();
  }
  for (const uint64_t from : {uint64_t{1}, uint64_t{2}, all.size() / 2, all.size()}) {
    Client client(exchange.port);
    client.start(from);
    for (size_t i = from - 1; i < all.size(); ++i) BOOST_REQUIRE((client.receive().payload == all[i]));
  }
  Client at_end(exchange.port);
  at_end.start(all.size() + 1);
  BOOST_TEST(at_end.answers().size() == 1U);
  Client only_new(exchange.port);
  only_new.start(0);
  BOOST_TEST(only_new.answers().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_login_beyond_the_end_is_refused_and_a_violation) {
  ExchangeProcess exchange;
  Client client(exchange.port);
  client.log_in(1000);
  const Received answer = client.receive();
  BOOST_TEST(answer.type == 'J');
  BOOST_TEST(to_hex(answer.payload) == to_hex(hex("'S'")));
  Client other(exchange.port);
  other.log_in(1, "OTHER");
  BOOST_TEST(other.receive().type == 'J');
  BOOST_TEST(contains(exchange.stop(), "\"sequence_gap\":1"));
}

BOOST_AUTO_TEST_CASE(a_client_killed_in_the_middle_of_a_message_loses_only_that_message) {
  ExchangeProcess exchange;
  int ready[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) send_twenty_and_a_torn_one(exchange.port, ready[1]);
  ::close(ready[1]);
  char byte;
  BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
  ::close(ready[0]);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  exchange.await("\"why\":\"peer\",\"partial_bytes\":17");

  Client client(exchange.port);
  client.start(1);
  const Answers answers = client.answers(1);
  ouch::AccountQueryResponse state;
  BOOST_TEST((ouch::decode_into(answers.back(), state) == ouch::DecodeStatus::kDecoded));
  BOOST_TEST(state.next_user_ref == 21U);
  for (uint32_t ref = 20; ref <= 40; ++ref) client.send(Client::order(ref));  // 20 once more, as a careful client would
  (void)client.answers();
  const std::string books = exchange.stop();
  BOOST_TEST(contains(books, "\"retransmissions\":1,"));
  BOOST_TEST(contains(books, "\"reused_user_ref\":0"));
  BOOST_TEST(contains(books, "\"disconnects\":{\"peer\":1,\"signal\":0}"));

  ExchangeProcess uninterrupted;
  Client other(uninterrupted.port);
  other.start(1);
  for (uint32_t ref = 1; ref <= 40; ++ref) other.send(Client::order(ref));
  (void)other.answers();
  BOOST_TEST(order_part(uninterrupted.stop()) == order_part(books));
}

BOOST_AUTO_TEST_CASE(answers_do_not_depend_on_the_pieces_in_which_orders_arrive) {
  std::vector<std::byte> orders;
  for (uint32_t ref = 1; ref <= 40; ++ref) {
    const auto packet = Client::packet_of(Client::order(ref));
    orders.insert(orders.end(), packet.begin(), packet.end());
  }
  std::vector<Answers> found;
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{64}, orders.size()}) {
    ExchangeProcess exchange;
    Client client(exchange.port);
    client.start(1);
    for (size_t at = 0; at < orders.size(); at += piece) {
      client.send_raw(Bytes(orders).subspan(at, std::min(piece, orders.size() - at)));
    }
    found.push_back(without_time(client.answers()));
  }
  for (const Answers& answers : found) BOOST_TEST((answers == found.front()));
}

BOOST_AUTO_TEST_CASE(a_new_login_takes_over_from_a_half_dead_connection) {
  ExchangeProcess exchange;
  Client old(exchange.port);
  old.start(1);
  old.send(Client::order(1));
  const size_t said = old.answers().size();
  Client fresh(exchange.port);
  fresh.start(said + 1);
  BOOST_TEST(old.receive().type == 0);
  fresh.send(Client::order(2));
  BOOST_TEST(fresh.answers().size() >= 2U);
  BOOST_TEST(contains(exchange.stop(), "\"takeover\":1"));
}

BOOST_AUTO_TEST_CASE(sigusr1_drops_the_connection_and_the_session_goes_on) {
  ExchangeProcess exchange;
  Client client(exchange.port);
  client.start(1);
  client.send(Client::order(1));
  const size_t said = client.answers().size();
  ::kill(exchange.pid, SIGUSR1);
  BOOST_TEST(client.receive().type == 0);
  Client again(exchange.port);
  again.start(said + 1);
  again.send(Client::order(2));
  (void)again.answers();
  const std::string books = exchange.stop();
  BOOST_TEST(contains(books, "\"signal\":1"));
  BOOST_TEST(contains(books, "\"orders_entered\":2,"));
}

BOOST_AUTO_TEST_CASE(a_connection_is_dropped_after_the_number_of_messages_asked_for_once) {
  ExchangeProcess exchange({"--drop-after", "5"});
  {
    Client client(exchange.port);
    client.start(1);
    BOOST_TEST((client.receive().payload[0] == std::byte{'S'}));
    for (uint32_t ref = 1; ref <= 5; ++ref) client.send(Client::order(ref));
    while (client.receive().type != 0) {
    }
  }
  Client again(exchange.port);
  again.start(1);
  for (uint32_t ref = 6; ref <= 20; ++ref) again.send(Client::order(ref));
  (void)again.answers();
  const std::string books = exchange.stop();
  BOOST_TEST(contains(books, "\"drop_after\":1"));
  BOOST_TEST(contains(books, "\"orders_entered\":20,"));
}

BOOST_AUTO_TEST_CASE(cancel_on_disconnect_cancels_when_the_connection_ends_and_the_next_login_hears_of_it) {
  ExchangeProcess exchange({"--cancel-on-disconnect"});
  {
    Client client(exchange.port);
    client.start(1);
    for (uint32_t ref = 1; ref <= 60; ++ref) client.send(Client::order(ref));
    (void)client.answers();
  }
  exchange.await("\"why\":\"peer\"");
  Client again(exchange.port);
  again.start(1);
  size_t cancelled = 0;
  for (const auto& answer : again.answers(1)) {
    ouch::OrderCanceled canceled;
    if (answer[0] != std::byte{'C'}) continue;
    BOOST_TEST((ouch::decode_into(answer, canceled) == ouch::DecodeStatus::kDecoded));
    cancelled += canceled.reason == ouch::kCancelledBySystem;
  }
  BOOST_TEST(cancelled > 0U);
  BOOST_TEST(!contains(exchange.stop(), "\"state\":\"open\""));
}

BOOST_AUTO_TEST_CASE(answers_can_be_held_back) {
  ExchangeProcess exchange({"--delay-us", "20000"});
  Client client(exchange.port);
  client.start(1);
  const uint64_t before = monotonic_ns();
  (void)client.answers();
  BOOST_TEST(monotonic_ns() - before >= 20'000'000U);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_packets_close_the_connection_and_nothing_else) {
  ExchangeProcess exchange;
  Client good(exchange.port);
  good.start(1);
  for (const char* junk : {"0000", "0001 'U'", "0001 '?'", "0003 'S' 'xx'"}) {
    Client bad(exchange.port);
    bad.send_raw(hex(junk));
    BOOST_TEST(bad.receive().type == 0);
  }
  good.send_raw(hex("0003 'U' 'zz'"));  // a packet, but no OUCH
  good.send(Client::order(1));
  BOOST_TEST(good.answers().size() >= 2U);
  BOOST_TEST(contains(exchange.stop(), "\"malformed\":5"));
}

BOOST_AUTO_TEST_CASE(what_has_arrived_before_sigterm_is_still_handled) {
  ExchangeProcess exchange;
  Client client(exchange.port);
  client.start(1);
  (void)client.answers();
  // The exchange stands still while the orders and the signal arrive.
  ::kill(exchange.pid, SIGSTOP);
  for (uint32_t ref = 1; ref <= 500; ++ref) client.send(Client::order(ref));
  ::kill(exchange.pid, SIGTERM);
  ::kill(exchange.pid, SIGCONT);
  BOOST_TEST(contains(exchange.stop(), "\"orders_entered\":500,"));
}
