#include "harness/storage/explore/call_places.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/file.h"
#include "harness/storage/record_layout.h"

namespace crashwright::harness {
namespace {

constexpr size_t kFramesShown = 4;

// Behind the bracket that closes the one at `at`.
size_t behind_brackets(const std::string& text, size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) return at + 1;
  }
  return at;
}

// Where the function's own parameters begin: not those of a lambda, or of the function that a lambda stands in.
size_t parameters_at(const std::string& function) {
  constexpr std::string_view kCall = "operator()";
  int depth = 0;
  for (size_t at = 0; at < function.size(); ++at) {
    if (function[at] == '{' || function[at] == '<') ++depth;
    if (function[at] == '}' || function[at] == '>') --depth;
    if (depth > 0) continue;
    if (function.compare(at, kCall.size(), kCall) == 0) at += kCall.size();
    if (at >= function.size() || function[at] != '(') continue;
    const size_t behind = behind_brackets(function, at);
    if (function.compare(behind, 2, "::") != 0) return at;
    at = behind;
  }
  return function.size();
}

std::string describe(const rca::Frame& frame) {
  constexpr std::string_view kNameless = "(anonymous namespace)::";
  std::string function = frame.function;
  for (size_t at = function.find(kNameless); at != std::string::npos; at = function.find(kNameless)) {
    function.erase(at, kNameless.size());
  }
  std::string text = function.substr(0, parameters_at(function));
  if (frame.line > 0) text += " at " + frame.file.substr(frame.file.rfind('/') + 1) + ":" + std::to_string(frame.line);
  return text;
}

// "python3.11" for a frame inside of the interpreter: what it does there says nothing of the script. Otherwise empty.
std::string interpreter_of(const rca::Frame& frame) {
  std::string name = frame.module.substr(frame.module.rfind('/') + 1);
  if (name.starts_with("lib")) name.erase(0, 3);
  name = name.substr(0, name.find(".so"));
  for (const std::string_view known : {"python", "perl", "ruby", "lua", "php", "node", "tcl", "guile"}) {
    const std::string_view rest = std::string_view(name).substr(std::min(known.size(), name.size()));
    if (name.starts_with(known) && rest.find_first_not_of("0123456789.-") == std::string_view::npos) return name;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<CallPlaces>> CallPlaces::read(const std::string& record_folder) {
  std::unique_ptr<CallPlaces> places(new CallPlaces());
  const std::string path = record_places_path(record_folder);
  const std::string bytes = read_file(path).value_or("");
  for (size_t at = 0; at + sizeof(PlaceHeader) <= bytes.size();) {
    PlaceHeader header;
    std::memcpy(&header, bytes.data() + at, sizeof header);
    at += sizeof header;
    const size_t left = bytes.size() - at;
    const bool known = header.number == places->samples_.size() + 1 && header.number <= UINT16_MAX;
    if (!known) return fail(ErrorKind::kCorrupt, path + ": not the places of a storage record");
    if (header.stack_bytes > left || header.mappings_bytes > left - header.stack_bytes) break;  // the writer was killed
    rca::StackSample& sample = places->samples_[static_cast<uint16_t>(header.number)];
    sample.pc = header.pc;
    sample.stack_pointer = header.stack_pointer;
    sample.stack = bytes.substr(at, header.stack_bytes);
    sample.mappings = bytes.substr(at + header.stack_bytes, header.mappings_bytes);
    at += header.stack_bytes + header.mappings_bytes;
  }
  return places;
}

const std::string& CallPlaces::text(uint16_t number) {
  const auto [known, is_new] = texts_.try_emplace(number);
  std::string& text = known->second;
  const auto sample = samples_.find(number);
  if (!is_new || sample == samples_.end()) return text;
  size_t shown = 0;
  for (const rca::Frame& frame : reader_.frames_of(sample->second)) {
    if (shown++ == kFramesShown) break;
    const std::string interpreter = interpreter_of(frame);
    text += (text.empty() ? "" : ", from ") +
            (interpreter.empty() ? describe(frame) : "a script of " + interpreter + ", " + kNoLines);
    if (!interpreter.empty()) break;
  }
  return text;
}

}  // namespace crashwright::harness
