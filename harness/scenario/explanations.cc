#include "harness/scenario/explanations.h"

#include <algorithm>
#include <array>

#include "harness/scenario/diagnostic.h"

namespace crashwright::harness {
namespace {

constexpr const char* kMinimal = "name: killed while sending\nfaults:\n  - sigkill: {at: gateway.send_order}\n";

constexpr std::array kExplanations{
    Explanation{code::kCannotRead, "a scenario file cannot be read",
                "The path does not exist, is no regular file, or is a folder without any *.yaml or *.yml below it. "
                "Name a file, "
                "or a folder that stands for every *.yaml and *.yml below it.",
                "", ""},
    Explanation{code::kTooLarge, "a scenario file is too large",
                "A scenario is a page of text; a file beyond 64 KiB is refused unread, so that a wrong path cannot "
                "fill the memory of the machine. Split it into several scenarios.",
                "", ""},
    Explanation{code::kSyntax, "not YAML",
                "The text does not parse as YAML; the place is where the parser gave up, and the mistake is there or "
                "just before: a tab as indentation, an unclosed bracket or quote, a colon in a text without quotes.",
                "name: killed while sending\nfaults: [\n", kMinimal},
    Explanation{code::kAnchor, "anchors, aliases and tags are not part of the language",
                "A few lines with aliases can unfold into gigabytes, and what a reader sees is no longer what runs. "
                "Write the value out.",
                "name: &n killed\nwhy: *n\nfaults:\n  - sigkill: {at: gateway.send_order}\n", kMinimal},
    Explanation{code::kDocuments, "more than one document in a file",
                "A file holds one scenario, so that a position names a scenario. Put each into a file of its own.",
                "name: one\n---\nname: two\n", kMinimal},
    Explanation{code::kTooComplex, "too deep or too many nodes",
                "No scenario needs more than 12 levels or 5,000 nodes; such a file is a mistake or an attack.",
                "name: [[[[[[[[[[[[[[x]]]]]]]]]]]]]]\n", kMinimal},
    Explanation{
        code::kEncoding, "not a text, or not UTF-8",
        "What a parser makes of bytes that are no UTF-8, of control characters or of a lone carriage return is a "
        "guess, and positions behind them would be wrong. Save the file as UTF-8; a byte order mark and lines "
        "that end in CRLF are fine.",
        "name: a\x01b\n", kMinimal},
    Explanation{code::kInclude, "a part cannot be included",
                "The path is relative to the file that it stands in, names a regular file, and parts may include parts "
                "up to 5 levels deep, 32 files in all. A part is named NAME.part.yaml, so that a folder of scenarios "
                "does not take it for one.",
                "name: x\ninclude: /etc/common.part.yaml\n", kMinimal},
    Explanation{code::kIncludeCycle, "parts that include each other in a circle",
                "A file that includes itself, directly or by others, has no end. The complaint names the place of "
                "both ends of the circle.",
                "", ""},
    Explanation{code::kIncludeConflict, "two parts give the same key",
                "What stands in a scenario wins over its parts, but of two parts included side by side neither can "
                "win. Give the key in the scenario itself, or in one part only.",
                "", ""},
    Explanation{code::kUnknownKey, "no such key",
                "Unknown keys are refused rather than ignored: a mistyped `expect` would otherwise be a check that "
                "silently does not happen. `crashwright schema` and docs list the keys.",
                "name: killed while sending\nfualts:\n  - sigkill: {at: gateway.send_order}\n", kMinimal},
    Explanation{code::kDuplicateKey, "a key, or an entry of a list, is given twice",
                "Of two equal keys most YAML readers keep the last one and say nothing; the same entry twice is a case "
                "that would be there twice, or a slip for another word. Keep the one you mean.",
                "name: one\nname: two\nfaults:\n  - sigkill: {at: gateway.send_order}\n", kMinimal},
    Explanation{code::kMissingKey, "something that has no default is missing",
                "A scenario needs its `name`, and most faults need `at`: the fault point where they happen. "
                "`mock_engine --list-fault-points` lists the points.",
                "name: killed somewhere\nfaults:\n  - sigkill: {hit: 3}\n", kMinimal},
    Explanation{code::kShape, "a map, a list or a value in the wrong place",
                "The key exists but takes another shape. The example in the complaint shows the right one.",
                "name: killed while sending\nfaults: sigkill\n", kMinimal},
    Explanation{code::kType, "a value of the wrong type",
                "The key wants a number, a duration, a size, true or false, or one line of printable text.",
                "name: x\nsession: {messages: many}\n", "name: x\nsession: {messages: 2000}\n"},
    Explanation{code::kAmbiguousNumber, "a number that two readers read differently",
                "`010` is eight in YAML 1.1 and ten in YAML 1.2; `1e3`, `0x10`, `+5` and `1_000` differ between "
                "readers too. Write plain decimal digits.",
                "name: x\nsession: {messages: 010}\n", "name: x\nsession: {messages: 10}\n"},
    Explanation{code::kBoolean, "a word that is a boolean in some YAML readers only",
                "`yes`, `on`, `True` and `1` are true for one reader and a text for the next. Write true or false.",
                "name: x\nexchange: {cancel_on_disconnect: yes}\n",
                "name: x\nexchange: {cancel_on_disconnect: true}\n"},
    Explanation{code::kUnit, "a duration or size without its unit, or with one that does not exist",
                "Durations: ns, us, ms, s, min, h. Sizes: B, KiB, MiB, GiB. A bare number would have to be guessed.",
                "name: x\ndeadline: 30\n", "name: x\ndeadline: 30s\n"},
    Explanation{code::kRange, "a value outside its limits",
                "Everything has a limit, so that a slip of a digit does not keep a machine busy for a day. The "
                "complaint names the limits.",
                "name: x\nsession: {symbols: 1000}\n", "name: x\nsession: {symbols: 64}\n"},
    Explanation{code::kUnknownWord, "a word that the key does not know",
                "The key takes one of a few words; the complaint names the nearest or all of them.",
                "name: x\nsession: {durability: powerloss}\n", "name: x\nsession: {durability: power_loss}\n"},
    Explanation{code::kUnknownFault, "no such fault", "`crashwright faults` lists the faults, each with an example.",
                "name: x\nfaults:\n  - sigkil: {at: gateway.send_order}\n", kMinimal},
    Explanation{code::kUnknownPoint, "the engine has no such fault point",
                "Places are checked against the engine's own list before anything runs: a fault at a place that does "
                "not exist would never fire. `mock_engine --list-fault-points` prints the list. In `points` of a "
                "matrix or a sweep * stands for any text, and a pattern must match at least one of them.",
                "", ""},
    Explanation{code::kForeignParameter, "a parameter of another fault",
                "The key exists, but not for this kind of fault, where it would have no effect.",
                "name: x\nfaults:\n  - sigkill: {at: gateway.send_order, bytes: 100B}\n", kMinimal},
    Explanation{code::kTriggers, "contradicting triggers",
                "A fault fires by one trigger: a hit count, a probability, a time, or a feed sequence. Which one "
                "would win is not obvious, so giving two is refused.",
                "name: x\nfaults:\n  - sigkill: {at: gateway.send_order, hit: 3, probability: 0.5}\n", kMinimal},
    Explanation{code::kBuild, "a fault that makes no sense in this build",
                "Some faults exist only with a sanitizer watching, some only without.",
                "name: x\nbuild: release\nfaults:\n  - signed_overflow: {at: gateway.send_order}\n",
                "name: x\nbuild: asan\nfaults:\n  - signed_overflow: {at: gateway.send_order}\n"},
    Explanation{code::kNothingDied, "a fault that needs a death before it",
                "Faults during recovery and damage at rest happen after the engine died, and a fault with "
                "`incarnation: N` waits for the start after N deaths; here nothing leads there.",
                "name: x\nfaults:\n  - bit_flip: {file: audit.log}\n",
                "name: x\nfaults:\n  - sigkill: {at: gateway.send_order, hit: 30}\n  - bit_flip: {file: audit.log}\n"},
    Explanation{code::kFaultCount, "too many faults in one scenario",
                "The control block between harness and engine holds a fixed number of armed faults, so that the "
                "engine evaluates them without memory of its own. Split the scenario.",
                "", ""},
    Explanation{code::kDurability, "the session promises less than the fault takes away",
                "With `durability: process_death` nothing is synced, so nothing is promised to survive a power loss "
                "and no fsync is there to fail.",
                "name: x\nfaults:\n  - power_loss: {at: gateway.after_send, hit: 30}\n",
                "name: x\nsession: {durability: power_loss}\nfaults:\n"
                "  - power_loss: {at: gateway.after_send, hit: 30}\n"},
    Explanation{code::kForeignKey, "a key that means nothing in this kind of scenario",
                "An exploration of power losses runs a program of your own once and judges what may be left of its "
                "files; it has no feed, no faults and no autopsy. A session of the mock engine has no checker program. "
                "A key that would silently do nothing is refused.",
                "name: x\nengine: {command: [./writer], check: [./checker]}\nstorage: {explore: {states: 100}}\n"
                "session: {messages: 10}\n",
                "name: x\nengine: {command: [./writer], check: [./checker]}\nstorage: {explore: {states: 100}}\n"},
    Explanation{code::kNoProgram, "a program of `engine` cannot be run",
                "`engine.command` and its `recover`, `dump_state` and `check` must be programs that exist and may be "
                "executed. A relative one is looked for beside the scenario file, then among the programs of the "
                "build, then in PATH. Programs that a machine may lack belong into `engine.needs`: without one of "
                "them the case is SKIPPED. `crashwright validate --no-engine` does not look.",
                "", ""},
    Explanation{code::kSameName, "two scenarios with one name",
                "Reports, folders and `--filter` go by name, so a run refuses two of the same.", "", ""},
    Explanation{code::kMatrix, "a matrix or a sweep that makes no sense",
                "A dimension that would change nothing, that the scenario has fixed elsewhere, or more cases than a "
                "machine can run are mistakes. Points are for faults that say neither `at` nor a time; a sweep takes "
                "one such fault.",
                "name: x\nmatrix: {points: [book.apply]}\nfaults:\n  - sigkill: {at: gateway.send_order}\n",
                "name: x\nmatrix: {points: [book.apply]}\nfaults:\n  - sigkill: {hit: 3}\n"},
    Explanation{code::kExpectation, "expectations that contradict each other or cannot come true",
                "A promise that is skipped is not judged, so nothing can be expected of it; an engine that a fault "
                "ends does not finish undisturbed, and one that nothing ends does not crash.",
                "name: x\nexpect: {skip: [handler], broken: [handler]}\n", "name: x\nexpect: {broken: [handler]}\n"},
};

}  // namespace

std::span<const Explanation> all_explanations() noexcept { return kExplanations; }

const Explanation* find_explanation(const std::string& code) noexcept {
  const auto* const found = std::find_if(kExplanations.begin(), kExplanations.end(),
                                         [&](const Explanation& explanation) { return code == explanation.code; });
  return found == kExplanations.end() ? nullptr : found;
}

}  // namespace crashwright::harness
