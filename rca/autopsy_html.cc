// AutopsyReport as one HTML page: no script, no link to anything else.
#include <fmt/format.h>

#include "rca/autopsy.h"
#include "rca/evidence_ranking.h"
#include "rca/report_parts.h"

namespace crashwright::rca {
namespace {

constexpr const char* kStyle =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#222}"
    "code,pre,td.m{font-family:ui-monospace,monospace;font-size:13px}pre{background:#f5f5f5;padding:.7em;overflow:auto}"
    "table{border-collapse:collapse}td{padding:.15em .9em .15em 0;vertical-align:top}h1{margin-bottom:.1em}"
    ".against{color:#a33}summary{cursor:pointer;margin:.6em 0}";

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

void add_row(const char* name, const std::string& value, std::string& page) {
  if (value.empty()) return;
  page += fmt::format("<tr><td>{}</td><td class=\"m\">{}</td></tr>\n", name, escaped(value));
}

void add_evidence(const AutopsyReport& report, std::string& page) {
  page += "<h2>Evidence</h2>\n<table>\n";
  for (const Evidence& evidence : report.evidence) {
    page += fmt::format("<tr{}><td>{:+.2f}</td><td>{}</td><td>{}, {} ({})</td><td class=\"m\">{}</td></tr>\n",
                        evidence.strength < 0 ? " class=\"against\"" : "", evidence.strength, escaped(evidence.cause),
                        tier_name(evidence.tier), escaped(evidence.source), escaped(evidence.where),
                        escaped(evidence.excerpt));
  }
  page += "</table>\n";
}

void add_lines(const char* title, const std::vector<std::string>& lines, std::string& page) {
  if (lines.empty()) return;
  page += fmt::format("<h2>{}</h2>\n<pre>", title);
  for (const std::string& line : lines) page += escaped(line) + "\n";
  page += "</pre>\n";
}

void add_stack(const StackGroup& group, bool open, std::string& page) {
  page += fmt::format("<details{}><summary>{}</summary><pre>", open ? " open" : "", escaped(title_of(group)));
  const std::vector<Frame>& frames = group.threads.front()->frames;
  for (size_t i = 0; i < frames.size(); ++i) {
    page += escaped(fmt::format("#{:<2} {}  {}", i, name_of_frame(frames[i]), short_place(frames[i]))) + "\n";
    for (const std::string& variable : frames[i].variables) page += escaped("      " + variable) + "\n";
  }
  page += "</pre></details>\n";
}

}  // namespace

std::string autopsy_to_html(const AutopsyReport& report) {
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>{1}</style></head>\n"
      "<body><h1>{0}</h1>\n<p>{2}</p>\n<table>\n",
      escaped(report.cause), kStyle, escaped(report.detail));
  add_row("confidence", fmt::format("{:.2f}", report.confidence), page);
  add_row("function", report.function.empty() ? "" : report.function + " (" + report.function_reason + ")", page);
  add_row("process", report.pid == 0 ? "" : fmt::format("{}", report.pid), page);
  add_row("thread", report.tid == 0 ? "" : fmt::format("{} {}", report.tid, report.thread_name), page);
  add_row("signal", report.signal_number == 0 ? "" : signal_words(report), page);
  if (report.fault_address) {
    add_row("address", fmt::format("{:#x}: {}", *report.fault_address, report.fault_address_is), page);
  }
  add_row("instruction", report.instruction, page);
  add_row("killed by", report.killer, page);
  add_row("signature", report.signature, page);
  add_row("build id", report.build_id, page);
  page += "</table>\n";
  add_evidence(report, page);
  add_lines("Waiting in a circle", report.wait_for_cycle, page);
  add_lines("Who waits for what", report.waits, page);
  add_lines("The last moments", report.story, page);
  add_lines("Not looked at", report.missing, page);
  page += "<h2>Stacks</h2>\n";
  for (const StackGroup& group : fold_stacks(report)) {
    add_stack(group, group.faulting || is_involved(report, group), page);
  }
  std::vector<std::string> registers;
  for (const RegisterValue& one : report.registers)
    registers.push_back(fmt::format("{:<7} {:016x}", one.name, one.value));
  add_lines("Registers", registers, page);
  add_lines("Memory around the address", report.memory, page);
  add_lines("System", report.system, page);
  return page + "</body></html>\n";
}

}  // namespace crashwright::rca
