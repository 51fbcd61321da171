// The small words of the page.
#include <fmt/format.h>

#include <string_view>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

constexpr size_t kLineBytesMax = 600;

}  // namespace

std::string record_outcome(const CaseRecord& record) {
  return record.finished ? verifiers::outcome_name(record.finished->outcome) : "UNFINISHED";
}

std::string html_badge(const std::string& outcome) {
  const std::string shown = outcome == "NOT_APPLICABLE" ? "N/A" : outcome;
  return fmt::format("<span class=\"badge {}\">{}</span>", escape_markup(outcome), escape_markup(shown));
}

std::string html_anchor(const CaseRecord& record) { return "case-" + escape_markup(record.started.case_id); }

std::string html_bounded(std::string_view text) {
  if (text.size() <= kLineBytesMax) return escape_markup(text);
  return escape_markup(text.substr(0, kLineBytesMax)) + " &hellip;";
}

std::string html_link(std::string_view path) {
  std::string link;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/._~-").find(c) != std::string_view::npos;
    link += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return link;
}

}  // namespace crashwright::harness
