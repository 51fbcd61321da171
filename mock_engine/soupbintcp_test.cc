// Goal: SoupBinTCP 3.00 packets have the specified bytes, and a stream is cut the same whatever pieces it comes in.
// Method: vectors written by hand; one stream fed in pieces of every size down to a byte.
#include "mock_engine/soupbintcp.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "mock_engine/test_bytes.h"

using namespace crashwright::mock_engine;
using namespace crashwright::mock_engine::soup;

namespace {

// Every packet in the stream as "type:payload|", fed in pieces of `piece` bytes.
std::string cut(const std::vector<std::byte>& stream, size_t piece, Framer& framer) {
  std::string found;
  for (size_t at = 0; at < stream.size();) {
    const auto space = framer.write_space();
    const size_t bytes = std::min({piece, stream.size() - at, space.size()});
    std::copy_n(stream.begin() + static_cast<ptrdiff_t>(at), bytes, space.begin());
    framer.committed(bytes);
    at += bytes;
    Packet packet;
    FrameStatus status;
    while ((status = framer.next(packet)) == FrameStatus::kPacket) {
      found.push_back(static_cast<char>(packet.type));
      found += ":" + to_hex(packet.payload) + "|";
    }
    if (status == FrameStatus::kBadLength) return found + "bad";
  }
  return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_login_request_has_the_specified_layout) {
  LoginRequest request;
  request.user_name = UserName::of("USER");
  request.password = Password::of("SECRET");
  request.session = SessionName::of("CW1");
  request.next_sequence = 4711;
  std::byte out[kLoginRequestBytes];
  BOOST_TEST(encode(request, out) == 49U);
  BOOST_TEST(to_hex(out) == to_hex(hex("002f 'L' 'USER  ' 'SECRET    ' 'CW1       ' '                4711'")));
  LoginRequest decoded;
  BOOST_TEST(decode(Bytes(out).subspan(kHeaderBytes), decoded));
  BOOST_TEST(decoded.user_name.view() == "USER");
  BOOST_TEST(decoded.password.view() == "SECRET");
  BOOST_TEST(session_text(decoded.session) == "CW1");
  BOOST_TEST(decoded.next_sequence == 4711U);
}

BOOST_AUTO_TEST_CASE(a_login_accepted_has_the_specified_layout) {
  LoginAccepted accepted;
  accepted.session = SessionName::of("CW1");
  accepted.next_sequence = 18'446'744'073'709'551'615U;
  std::byte out[kLoginAcceptedBytes];
  BOOST_TEST(encode(accepted, out) == 33U);
  BOOST_TEST(to_hex(out) == to_hex(hex("001f 'A' '       CW1' '18446744073709551615'")));
  LoginAccepted decoded;
  BOOST_TEST(decode(Bytes(out).subspan(kHeaderBytes), decoded));
  BOOST_TEST(session_text(decoded.session) == "CW1");
  BOOST_TEST(decoded.next_sequence == accepted.next_sequence);
}

BOOST_AUTO_TEST_CASE(packets_without_fields_have_the_specified_layout) {
  std::byte out[kLoginRejectedBytes];
  BOOST_TEST(to_hex({out, encode_empty(PacketType::kServerHeartbeat, out)}) == "000148");
  BOOST_TEST(to_hex({out, encode_empty(PacketType::kClientHeartbeat, out)}) == "000152");
  BOOST_TEST(to_hex({out, encode_empty(PacketType::kEndOfSession, out)}) == "00015a");
  BOOST_TEST(to_hex({out, encode_empty(PacketType::kLogout, out)}) == "00014f");
  BOOST_TEST(to_hex({out, encode_login_rejected(kSessionNotAvailable, out)}) == "00024a53");
  BOOST_TEST(to_hex({out, encode_header(PacketType::kSequenced, 0x0102, out)}) == "010353");
}

BOOST_AUTO_TEST_CASE(login_numbers_may_be_padded_on_either_side_and_nothing_else) {
  const auto with_number = [](const char* number) {
    LoginAccepted accepted;
    const bool good = decode(hex(std::string("'CW1       ' '") + number + "'"), accepted);
    return good ? static_cast<int64_t>(accepted.next_sequence) : -1;
  };
  BOOST_TEST(with_number("                  42") == 42);
  BOOST_TEST(with_number("42                  ") == 42);
  BOOST_TEST(with_number("00000000000000000042") == 42);
  BOOST_TEST(with_number("                    ") == 0);
  BOOST_TEST(with_number("                 4 2") == -1);
  BOOST_TEST(with_number("                 -42") == -1);
  BOOST_TEST(with_number("99999999999999999999") == -1);
}

BOOST_AUTO_TEST_CASE(logins_of_the_wrong_length_are_refused) {
  const std::vector<std::byte> spaces(64, std::byte{' '});
  LoginRequest request;
  LoginAccepted accepted;
  for (size_t size = 0; size <= spaces.size(); ++size) {
    BOOST_TEST(decode(Bytes(spaces).first(size), request) == (size == 46));
    BOOST_TEST(decode(Bytes(spaces).first(size), accepted) == (size == 30));
  }
}

BOOST_AUTO_TEST_CASE(the_framer_cuts_a_stream_alike_whatever_pieces_it_comes_in) {
  const auto stream = hex("0001 'H'  0004 'S' 'abc'  0001 'R'  0003 'U' 0001  0002 '+' 'x'");
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    Framer framer;
    BOOST_TEST(cut(stream, piece, framer) == "H:|S:616263|R:|U:0001|+:78|");
    BOOST_TEST(framer.pending_bytes() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(the_framer_keeps_a_torn_packet_until_its_rest_comes) {
  const auto stream = hex("0004 'S' 'abc'");
  for (size_t first = 0; first < stream.size(); ++first) {
    Framer framer;
    BOOST_TEST(cut({stream.begin(), stream.begin() + static_cast<ptrdiff_t>(first)}, 1, framer) == "");
    BOOST_TEST(framer.pending_bytes() == first);
    BOOST_TEST(cut({stream.begin() + static_cast<ptrdiff_t>(first), stream.end()}, 64, framer) == "S:616263|");
  }
}

BOOST_AUTO_TEST_CASE(a_packet_without_a_type_is_a_bad_length) {
  Framer framer;
  BOOST_TEST(cut(hex("0001 'H' 0000 'S'"), 1, framer) == "H:|bad");
}

BOOST_AUTO_TEST_CASE(packets_of_the_greatest_length_pass_through_a_small_buffer) {
  std::vector<std::byte> stream;
  for (int i = 0; i < 5; ++i) {
    stream.insert(stream.end(), {std::byte{0xff}, std::byte{0xff}, std::byte{'S'}});
    stream.insert(stream.end(), kPayloadBytesMax, static_cast<std::byte>('a' + i));
  }
  Framer framer(16);
  const std::string found = cut(stream, 1000, framer);
  BOOST_TEST(std::count(found.begin(), found.end(), '|') == 5);
  BOOST_TEST(found.size() == 5 * (3 + 2 * kPayloadBytesMax));
}
