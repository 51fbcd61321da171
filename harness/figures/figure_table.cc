#include "harness/figures/figure_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace crashwright::harness {
namespace {

std::string with_thousands(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  for (size_t at = digits.size(); at > 3 + (value < 0 ? 1 : 0);) digits.insert(at -= 3, ",");
  return digits;
}

const char* word(const FigureResult& figure) {
  if (!figure.value) return "not measured";
  return figure.holds() ? "holds" : "BROKEN";
}

std::string value_text(const FigureResult& figure) { return figure.value ? short_number(figure.value->median) : "-"; }

// Nothing to tell about a single value.
std::string spread_text(const FigureResult& figure) {
  if (!figure.value || figure.value->repetitions < 2) return "";
  return short_number(figure.value->low) + "-" + short_number(figure.value->high);
}

std::string bar_text(const FigureResult& figure) {
  return fmt::format("{} {}", direction_sign(figure.direction), short_number(figure.bar));
}

// "quill" of "quill.numbers_p50_ns".
std::string owner(const std::string& sample) { return sample.substr(0, sample.find('.')); }

std::string note_text(const FigureResult& figure) {
  if (!figure.value) return figure.reason;
  std::string note;
  if (figure.compared.size() + figure.missing.size() > 1) note = "best: " + owner(figure.against);
  for (size_t i = 0; i < figure.missing.size(); ++i) {
    note += (i == 0 ? "; without " : ", ") + owner(figure.missing[i]);
  }
  if (figure.held_by_alternative) note += (note.empty() ? "" : "; ") + ("by " + figure.alternative);
  return note;
}

struct Counts {
  size_t hold = 0;
  size_t broken = 0;
  size_t unmeasured = 0;
};

Counts count(const BenchResults& results) {
  Counts counts;
  for (const FigureResult& figure : results.figures) {
    ++(!figure.value ? counts.unmeasured : figure.holds() ? counts.hold : counts.broken);
  }
  return counts;
}

std::string escaped(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

}  // namespace

std::string short_number(double value) {
  const double size = std::fabs(value);
  if (size >= 1000) return with_thousands(value);
  if (size == 0 || size == std::floor(size)) return fmt::format("{:.0f}", value);
  const int decimals = std::clamp(3 - static_cast<int>(std::floor(std::log10(size))), 0, 6);
  std::string text = fmt::format("{:.{}f}", value, std::min(decimals, size >= 1 ? 2 : 6));
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string render_figure_table(const BenchResults& results) {
  size_t id_width = 6;
  for (const FigureResult& figure : results.figures) id_width = std::max(id_width, figure.id.size());
  std::string text = fmt::format("{:<{}} {:>11} {:<10} {:<13} {:<12} {}\n", "figure", id_width, "value", "unit", "bar",
                                 "", "quartiles, notes");
  for (const FigureResult& figure : results.figures) {
    const std::string spread = spread_text(figure);
    const std::string note = note_text(figure);
    text +=
        fmt::format("{:<{}} {:>11} {:<10} {:<13} {:<12} {}{}{}\n", figure.id, id_width, value_text(figure), figure.unit,
                    bar_text(figure), word(figure), spread, spread.empty() || note.empty() ? "" : "; ", note);
  }
  const Counts counts = count(results);
  return text + fmt::format("\n{} figures: {} hold, {} broken, {} not measured\n", results.figures.size(), counts.hold,
                            counts.broken, counts.unmeasured);
}

std::string render_figure_markdown(const BenchResults& results) {
  std::string text = "| figure | what | value | quartiles | bar | |\n|---|---|---:|---|---:|---|\n";
  for (const FigureResult& figure : results.figures) {
    const std::string note = note_text(figure);
    text += fmt::format("| `{}` | {} | {}{} | {} | {} | {}{} |\n", figure.id, escaped(figure.what), value_text(figure),
                        figure.value ? " " + figure.unit : "", spread_text(figure), bar_text(figure), word(figure),
                        note.empty() ? "" : ": " + escaped(note));
  }
  const Counts counts = count(results);
  return text + fmt::format("\n{} hold, {} broken, {} not measured. {}.\n", counts.hold, counts.broken,
                            counts.unmeasured, results.machine);
}

}  // namespace crashwright::harness
