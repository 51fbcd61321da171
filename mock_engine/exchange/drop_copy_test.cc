// Goal: each event is one line of JSON with its documented keys, whatever a client sends; flushing appends in order.
// Method: lines compared to the letter; a file in a temporary folder.
#include "mock_engine/exchange/drop_copy.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "base/file.h"
#include "mock_engine/exchange/json_writer.h"
#include "mock_engine/exchange/sequenced_stream.h"
#include "mock_engine/test_bytes.h"

using namespace crashwright;
using namespace crashwright::mock_engine;
using namespace crashwright::mock_engine::exchange;

BOOST_AUTO_TEST_CASE(order_events_are_lines_with_the_documented_keys) {
  DropCopy copy;
  copy.set_time(77);
  OrderEvent event;
  event.type = "executed";
  event.user_ref = 5;
  event.symbol = "AAPL";
  event.side = 'B';
  event.quantity = 100;
  event.price_ticks = 1'000'000;
  event.match_id = 9;
  event.order_id = 3;
  copy.sent(12, event);
  event.type = "replace";
  event.original_user_ref = 4;
  event.match_id = event.order_id = 0;
  copy.received(event);
  BOOST_TEST(copy.pending() ==
             R"({"n":1,"t":77,"kind":"out","seq":12,"type":"executed","user_ref":5,"symbol":"AAPL","side":"B",)"
             R"("quantity":100,"price_ticks":1000000,"match_id":9,"order_id":3,"leaves":0})"
             "\n"
             R"({"n":2,"t":77,"kind":"in","type":"replace","user_ref":5,"orig_user_ref":4,"symbol":"AAPL","side":"B",)"
             R"("quantity":100,"price_ticks":1000000})"
             "\n");
}

BOOST_AUTO_TEST_CASE(connection_events_are_lines_with_the_documented_keys) {
  DropCopy copy;
  copy.connected(1);
  copy.logged_in(1, "USER", 5, 5);
  copy.login_refused(2, 99, "sequence gap");
  copy.disconnected(1, "peer", 17);
  copy.violation("malformed", 0);
  BOOST_TEST(copy.pending() ==
             R"({"n":1,"t":0,"kind":"connect","connection":1})"
             "\n"
             R"({"n":2,"t":0,"kind":"login","connection":1,"user":"USER","requested":5,"next":5})"
             "\n"
             R"({"n":3,"t":0,"kind":"login_refused","connection":2,"requested":99,"why":"sequence gap"})"
             "\n"
             R"({"n":4,"t":0,"kind":"disconnect","connection":1,"why":"peer","partial_bytes":17})"
             "\n"
             R"({"n":5,"t":0,"kind":"violation","type":"malformed","user_ref":0})"
             "\n");
}

BOOST_AUTO_TEST_CASE(text_from_a_client_cannot_break_a_line) {
  std::string text;
  JsonWriter json(text);
  json.value(std::string_view("a\"b\\c\n\xff\0z", 9));
  BOOST_TEST(text == R"("a\"b\\c\u000a\u00ff\u0000z")");
}

BOOST_AUTO_TEST_CASE(flushing_appends_what_is_pending_once) {
  char name[] = "/tmp/crashwright-drop-copy-XXXXXX";
  const int fd = ::mkstemp(name);
  BOOST_REQUIRE(fd >= 0);
  ::close(fd);
  auto copy = DropCopy::create(name);
  BOOST_REQUIRE(copy.has_value());
  copy->connected(3);
  BOOST_TEST(copy->pending().find("\"t\":0,") == std::string::npos);  // what comes before all else has a time too
  copy->set_time(5);
  copy->connected(1);
  BOOST_TEST(copy->flush().has_value());
  BOOST_TEST(copy->flush().has_value());
  copy->connected(2);
  BOOST_TEST(copy->flush().has_value());
  const std::string written = read_file(name).value();
  BOOST_TEST(written.substr(written.find('\n') + 1) ==
             "{\"n\":2,\"t\":5,\"kind\":\"connect\",\"connection\":1}\n"
             "{\"n\":3,\"t\":5,\"kind\":\"connect\",\"connection\":2}\n");
  ::unlink(name);
}

BOOST_AUTO_TEST_CASE(the_stream_gives_back_its_packets_from_any_sequence) {
  SequencedStream stream;
  BOOST_TEST(stream.next_sequence() == 1U);
  BOOST_TEST(stream.append(hex("'a'")) == 1U);
  BOOST_TEST(stream.append(hex("'bc'")) == 2U);
  const auto from = [&](uint64_t sequence) {
    return to_hex(stream.packets(stream.offset_of(sequence), stream.size_bytes()));
  };
  BOOST_TEST(from(1) == to_hex(hex("0002 'Sa' 0003 'Sbc'")));
  BOOST_TEST(from(2) == to_hex(hex("0003 'Sbc'")));
  BOOST_TEST(from(3) == "");
}
