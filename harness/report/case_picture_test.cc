// Goal: the page shows what a case's folder tells, in whatever state that folder is.
// Method: folders written by hand; then the same files cut and overwritten.

#include "harness/report/case_picture.h"

#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "base/random.h"
#include "harness/report/html_parts.h"
#include "rca/facts.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kBegin = 1'000'000 * kMs;

std::string state(int64_t position, int64_t cash) {
  return "{\"positions\":{\"AAPL\":" + std::to_string(position) +
         ",\"MSFT\":7},\"cash_ticks\":" + std::to_string(cash) +
         ",\"feed_sequence\":9,\"next_session_sequence\":4,\"open_orders\":[]}";
}

std::string exchange_line(int n, uint64_t at_ns, const std::string& rest) {
  return "{\"n\":" + std::to_string(n) + ",\"t\":" + std::to_string(at_ns) + "," + rest + "}\n";
}

rca::ProcessFacts process(uint32_t incarnation, uint64_t begin_ms, uint64_t end_ms, bool finished) {
  rca::ProcessFacts facts;
  facts.role = "engine";
  facts.incarnation = incarnation;
  facts.folder = "inc" + std::to_string(incarnation);
  facts.started_ns = kBegin + begin_ms * kMs;
  facts.ended_ns = kBegin + end_ms * kMs;
  facts.wait_status = finished ? 0 : 9;
  facts.finished = finished;
  return facts;
}

struct Folder {
  Folder() {
    char name[] = "/tmp/crashwright-picture-XXXXXX";
    path = ::mkdtemp(name);
    for (const char* const part : {"inc0", "inc1", "exchange", "golden", "recovered/0"}) {
      fs::create_directories(path + "/" + part);
    }
    rca::CaseFacts facts;
    facts.processes = {process(0, 1, 100, false), process(1, 110, 300, true)};
    facts.faults = {{"sigkill", "gateway.send_order", "confirmed", "wait status SIGKILL", 0, kBegin + 99 * kMs, ""}};
    facts.recovery_time_ns = 50 * kMs;
    BOOST_REQUIRE(rca::write_case_facts(path + "/facts.json", facts));
    const std::string order = "\"user_ref\":1,\"symbol\":\"AAPL\",\"side\":\"B\",\"quantity\":100,\"price_ticks\":10";
    put("exchange/drop_copy.jsonl",
        exchange_line(1, 0, "\"kind\":\"out\",\"type\":\"system_event\",\"seq\":1") +
            exchange_line(2, kBegin + 50 * kMs, "\"kind\":\"in\",\"type\":\"enter\"," + order) +
            exchange_line(3, kBegin + 60 * kMs,
                          "\"kind\":\"out\",\"type\":\"executed\",\"seq\":2,\"leaves\":0," + order) +
            exchange_line(4, kBegin + 200 * kMs, "\"kind\":\"in\",\"type\":\"enter\"," + order));
    put("exchange/exchange.json",
        "{\"positions\":{\"AAPL\":100,\"MSFT\":7},\"cash_ticks\":-1000,\"orders\":[],\"violations\":{},"
        "\"sequenced_messages\":2}");
    put("recovered/0/first.json", state(100, -1000));
    put("inc1/final_state.json", state(90, -1000));
    put("golden/final_state.json", state(100, -1000));
    put("backing-1.lost", "write of 512 bytes at 0 of /audit.log\n");
  }
  ~Folder() { fs::remove_all(path); }
  void put(const std::string& file, const std::string& text) const {
    BOOST_REQUIRE(write_file(path + "/" + file, text));
  }

  std::string path;
};

std::vector<std::string> marks_of(const Lane& lane) {
  std::vector<std::string> texts;
  for (const LaneMark& mark : lane.marks) {
    if (mark.kind != LaneMark::Kind::kEvent) texts.push_back(mark.text);
  }
  return texts;
}

}  // namespace

BOOST_AUTO_TEST_CASE(lanes_show_who_lived_when_and_what_happened_to_them) {
  const Folder folder;
  const std::vector<Lane> lanes = read_lanes(folder.path);
  BOOST_REQUIRE(lanes.size() == 3U);
  BOOST_TEST(lanes[0].name == "exchange");
  BOOST_TEST(lanes[0].begin_ns == kBegin + 50 * kMs);
  BOOST_TEST((marks_of(lanes[0]) == std::vector<std::string>{"last sent before the death: enter 1"}));
  BOOST_TEST((marks_of(lanes[1]) == std::vector<std::string>{"sigkill at gateway.send_order", "died of signal 9"}));
  BOOST_TEST((marks_of(lanes[2]) == std::vector<std::string>{"recovered: first order after 50.0 ms"}));
}

BOOST_AUTO_TEST_CASE(states_show_the_rows_that_differ_and_count_the_others) {
  const Folder folder;
  const std::vector<StateTable> tables = read_state_tables(folder.path);
  BOOST_REQUIRE(tables.size() == 2U);
  BOOST_TEST((tables[1].columns == std::vector<std::string>{"what", "engine", "exchange", "without a crash"}));
  BOOST_REQUIRE(tables[1].rows.size() == 1U);
  BOOST_TEST((tables[1].rows[0] == std::vector<std::string>{"position AAPL", "90", "100", "100"}));
  BOOST_TEST(tables[1].equal == 2U);
}

BOOST_AUTO_TEST_CASE(the_picture_has_what_was_lost_and_the_files) {
  const Folder folder;
  const CasePicture picture = read_case_picture(folder.path);
  BOOST_TEST((picture.lost == std::vector<std::string>{"write of 512 bytes at 0 of /audit.log"}));
  const auto is_facts = [](const Artefact& file) { return file.path == "facts.json" && file.bytes > 0; };
  BOOST_TEST(std::any_of(picture.artefacts.begin(), picture.artefacts.end(), is_facts));
  const std::string timeline = html_timeline(picture);
  for (const char* const part : {"t-fault", "t-death", "t-sent", "t-recovery", "engine, start 1"}) {
    BOOST_TEST(timeline.find(part) != std::string::npos, part);
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_folder_still_makes_a_page) {
  const Folder folder;
  const uint64_t seed = 20261128;
  BOOST_TEST_MESSAGE("seed " << seed);
  Random random(seed);
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  for (int round = 0; round < 300; ++round) {
    const std::string& file = files[random.below(files.size())];
    const std::string whole = *read_file(file);
    std::string damaged = whole.substr(0, random.below(whole.size() + 1));
    if (!damaged.empty() && random.below(2) == 0) {
      damaged = whole;
      damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
    }
    BOOST_REQUIRE(write_file(file, damaged));
    const CasePicture picture = read_case_picture(folder.path);
    static_cast<void>(html_timeline(picture) + html_states(picture) + html_log(picture) + html_lost(picture));
    BOOST_REQUIRE(write_file(file, whole));
  }
  fs::remove_all(folder.path + "/exchange");
  BOOST_TEST(read_lanes(folder.path).size() == 2U);
}

}  // namespace crashwright::harness
