#include "verifiers/plain_log.h"

#include <algorithm>
#include <charconv>

#include "base/file.h"

namespace crashwright::verifiers {
namespace {

using postmortem::FlightReadout;
using postmortem::FlightRecord;
using postmortem::FlightThread;

// The number that ends at the next tab, from `at` on; moves `at` behind the tab. False: there is none.
template <typename Number>
bool take_number(const std::string& text, size_t end, size_t& at, Number& number) {
  const size_t tab = text.find('\t', at);
  if (tab == std::string::npos || tab >= end) return false;
  const auto parsed = std::from_chars(text.data() + at, text.data() + tab, number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + tab) return false;
  at = tab + 1;
  return true;
}

FlightThread& thread_of(FlightReadout& readout, uint32_t tid) {
  const auto found = std::find_if(readout.threads.begin(), readout.threads.end(),
                                  [&](const FlightThread& thread) { return thread.tid == tid; });
  if (found != readout.threads.end()) return *found;
  FlightThread& thread = readout.threads.emplace_back();
  thread.tid = tid;
  return thread;
}

}  // namespace

Result<FlightReadout> read_plain_log(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  FlightReadout readout;
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    const std::string line = text->substr(at, end - at);
    FlightRecord record;
    if (!take_number(*text, end, at, record.tid) || !take_number(*text, end, at, record.sequence)) {
      return fail(ErrorKind::kCorrupt, path + ": no entry of a log: " + line);
    }
    record.text = text->substr(at, end - at);
    FlightThread& thread = thread_of(readout, record.tid);
    if (thread.records.empty()) thread.first_sequence = record.sequence;
    thread.records.push_back(std::move(record));
    at = end + 1;
  }
  return readout;
}

}  // namespace crashwright::verifiers
