// What runtimes and libraries said: sanitizer reports, standard error, glibc's abort message, the crash record's texts,
// and the last error that the program wrote into its flight recorder.
#include <sys/wait.h>

#include <algorithm>
#include <string>

#include "rca/rules.h"
#include "rca/timeline.h"

namespace crashwright::rca {
namespace {

void take_text(Investigation& investigation, const CrashText& text) {
  for (Evidence evidence : text.evidence) {
    // A stack in a text is worse than the same stack in the core, which has a rule of its own.
    if (evidence.tier == EvidenceTier::kFrames && !investigation.artefacts.stacks.empty()) continue;
    evidence.pid = investigation.artefacts.pid;
    investigation.report.evidence.push_back(std::move(evidence));
  }
  Particulars& particulars = investigation.particulars;
  if (particulars.expression.empty()) particulars.expression = text.expression;
  if (particulars.exception_type.empty()) particulars.exception_type = text.exception_type;
  if (!investigation.report.fault_address) investigation.report.fault_address = text.fault_address;
}

// The message is read as if it had been printed, so that one table of wordings serves both.
void take_message(Investigation& investigation, const std::string& message, const std::string& source) {
  if (message.empty()) return;
  CrashText text = read_crash_text(message, 0, source);
  text.fault_address.reset();
  take_text(investigation, text);
}

// struct abort_msg_s of glibc: an unsigned size of the whole mapping, then the text.
std::string abort_message(const Artefacts& artefacts) {
  constexpr size_t kMessageMax = 4096;
  if (!artefacts.core || !artefacts.symbolizer) return {};
  const uint64_t pointer = artefacts.symbolizer->address_of("libc", "__abort_msg");
  const auto message = pointer == 0 ? std::nullopt : artefacts.core->read_word(pointer);
  if (!message || *message == 0) return {};
  return artefacts.core->read_text(*message + sizeof(unsigned), kMessageMax);
}

// Why a program ended by itself, in its own words: the last error in its flight recorder. Standard error may be a file
// that took no byte any more.
std::string last_error_logged(const Artefacts& artefacts) {
  if (!artefacts.process || !WIFEXITED(artefacts.process->wait_status)) return {};
  const auto timeline = read_timeline({artefacts.folder});
  if (!timeline) return {};
  const auto& events = timeline->events;
  const auto last = std::find_if(events.rbegin(), events.rend(), [&](const TimelineEvent& event) {
    const bool own = timeline->sources[event.source].kind == TimelineKind::kEngineLog;
    return own && event.severity >= postmortem::Severity::kError;
  });
  return last == events.rend() ? std::string() : last->text;
}

}  // namespace

void apply_message_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  // What a process prints that finished in order is talk.
  if (artefacts.process && artefacts.process->finished) return;
  take_text(investigation, artefacts.sanitizer_text);
  take_text(investigation, artefacts.error_text);
  if (artefacts.error_text.evidence.empty()) {
    take_message(investigation, last_error_logged(artefacts), "flight recorder");
  }
  take_message(investigation, abort_message(artefacts), "abort message in the core");
  if (!artefacts.record) return;
  const postmortem::CrashRecord& record = *artefacts.record;
  take_message(investigation, record.abort_message, "crash record");
  if (!record.check_message.empty()) {
    investigation.add(EvidenceTier::kLibraryMessage, "crash record", "ASSERTION", 0.95, "check", record.check_message);
    if (investigation.particulars.expression.empty()) investigation.particulars.expression = record.check_message;
  }
  if (!record.sanitizer.empty()) {
    take_message(investigation, "ERROR: AddressSanitizer: " + record.sanitizer, "crash record");
  }
}

}  // namespace crashwright::rca
