// Goal: the autopsy takes what there is: cores of other machines, lone cores, folders of anything; and secrets stay out
// of its reports.
// Method: a real death, its core alone and among other files; a core of a 32-bit machine of the other byte order, made
//         by hand.
#include <elf.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>

#include "base/file.h"
#include "rca/artefact_search.h"
#include "rca/autopsy.h"
#include "rca/foreign_core.h"
#include "rca/secret.h"
#include "rca/testing/victim_run.h"

namespace crashwright::rca {
namespace {

namespace fs = std::filesystem;
using testing::Build;
using testing::VictimRun;

// Numbers in big-endian order, as a 32-bit PowerPC writes them.
class BigEndian {
 public:
  BigEndian& number(uint64_t value, size_t size) {
    for (size_t i = size; i > 0; --i) bytes_ += static_cast<char>(value >> (8 * (i - 1)));
    return *this;
  }
  BigEndian& text(const std::string& text, size_t size) {
    bytes_ += text;
    bytes_.append(size - text.size(), '\0');
    return *this;
  }
  BigEndian& note(uint32_t type, const BigEndian& content) {
    number(5, 4).number(content.bytes_.size(), 4).number(type, 4).text("CORE", 8);
    bytes_ += content.bytes_;
    bytes_.append((4 - content.bytes_.size() % 4) % 4, '\0');
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::string powerpc_core() {
  BigEndian notes;
  notes.note(NT_PRSTATUS, BigEndian().number(SIGSEGV, 4).number(0, 8).number(SIGSEGV, 2).text("", 10).number(77, 4));
  notes.note(NT_PRPSINFO, BigEndian().text("", 16).number(76, 4).text("", 12).text("engine", 16).text("engine -x", 80));
  notes.note(NT_SIGINFO, BigEndian().number(SIGSEGV, 4).number(0, 4).number(SEGV_MAPERR, 4).number(0x18, 4));
  BigEndian core;
  core.text(
          "\x7f"
          "ELF\x01\x02\x01",
          16)
      .number(ET_CORE, 2)
      .number(EM_PPC, 2)
      .number(1, 4)
      .number(0, 4);
  core.number(52, 4).number(0, 4).number(0, 4).number(52, 2).number(32, 2).number(1, 2).text("", 6);
  core.number(PT_NOTE, 4).number(84, 4).number(0, 8).number(notes.bytes().size(), 4).text("", 12);
  return core.bytes() + notes.bytes();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_core_of_another_machine_is_read_as_far_as_its_notes_go) {
  const VictimRun run(Build::kPlain, "none");
  const std::string whole = powerpc_core();
  BOOST_REQUIRE(write_file(run.core(), whole));
  const auto report = autopsy_path(run.core(), {});
  BOOST_REQUIRE(report);
  BOOST_TEST(report->cause == "NULL_DEREF");
  BOOST_TEST(report->pid == 76);
  BOOST_TEST(report->fault_address.value() == 0x18U);
  BOOST_TEST(report->missing.front().find("PowerPC") != std::string::npos);
  for (size_t size = 0; size < whole.size(); ++size) {
    BOOST_REQUIRE(write_file(run.core(), whole.substr(0, size)));
    BOOST_REQUIRE(autopsy_path(run.core(), {}));
  }
}

BOOST_AUTO_TEST_CASE(a_lone_core_says_what_its_folder_says) {
  const VictimRun run(Build::kPlain, "null_in_thread");
  const auto alone = autopsy_path(run.core(), {});
  const auto folder = autopsy_path(run.folder(), {});
  BOOST_REQUIRE(alone);
  BOOST_REQUIRE(folder);
  BOOST_TEST(alone->cause == "NULL_DEREF");
  BOOST_TEST(alone->signature == folder->signature);
  BOOST_TEST(alone->core_path == run.core());
  BOOST_TEST(!alone->instruction.empty());
  BOOST_TEST(alone->fault_address_is.find("behind a null pointer") != std::string::npos);
  BOOST_TEST(!alone->system.empty());
}

BOOST_AUTO_TEST_CASE(a_program_that_moved_is_found_beside_its_core_by_its_build_id) {
  const VictimRun run(Build::kPlain, "null_in_thread");
  fs::create_directory(run.folder() + "/deep");
  fs::copy_file(RCA_VICTIM, run.folder() + "/deep/renamed");
  const FoundFiles found = search_files(run.folder());
  BOOST_TEST(found.cores.size() == 1U);
  BOOST_TEST(found.programs.size() == 1U);
  BOOST_TEST(autopsy_path(run.folder(), {})->function == "Gateway::send");
}

BOOST_AUTO_TEST_CASE(texts_that_only_speak_of_crashes_are_none) {
  const VictimRun run(Build::kPlain, "none");
  BOOST_REQUIRE(
      write_file(run.file("engine.log"),
                 "12:00:00 INFO handler for SIGSEGV installed\n12:00:01 INFO reproduced "
                 "\"ERROR: AddressSanitizer: heap-use-after-free\" of ticket 7\n12:00:09 INFO shut down in order\n"));
  BOOST_REQUIRE(write_file(run.file("notes.md"), "ERROR: AddressSanitizer: SEGV on unknown address 0x0\n"));
  const auto report = autopsy_path(run.folder(), {});
  BOOST_REQUIRE(report);
  BOOST_TEST(report->cause == "NONE");
}

BOOST_AUTO_TEST_CASE(a_message_that_ends_in_an_abort_is_another_ones_beside_a_bad_access) {
  const VictimRun run(Build::kPlain, "wild_read");
  BOOST_REQUIRE(write_file(run.file("desk.log"), "10:00:01 trading\nfree(): invalid pointer\n"));
  const auto report = autopsy_folder(run.folder(), {});
  BOOST_REQUIRE(report);
  BOOST_TEST(report->cause == "WILD_ACCESS");
  const auto against = [](const Evidence& piece) { return piece.cause == "INVALID_FREE" && piece.strength < 0; };
  BOOST_TEST(std::ranges::any_of(report->evidence, against));
  // An abort is what the message ends in.
  const VictimRun aborted(Build::kPlain, "abort");
  BOOST_REQUIRE(write_file(aborted.file("desk.log"), "free(): invalid pointer\n"));
  const auto agreed = autopsy_folder(aborted.folder(), {});
  BOOST_REQUIRE(agreed);
  BOOST_TEST(agreed->cause == "INVALID_FREE");
}

BOOST_AUTO_TEST_CASE(secrets_of_the_environment_are_masked) {
  BOOST_TEST(mask_secret("API_TOKEN=abc") == "API_TOKEN=***");
  BOOST_TEST(mask_secret("db_password=x=y") == "db_password=***");
  BOOST_TEST(mask_secret("URL=https://user:word@host/path") == "URL=https://***@host/path");
  BOOST_TEST(mask_secret("MAIL=https://host/a@b") == "MAIL=https://host/a@b");
  BOOST_TEST(mask_secret("HOME=/root") == "HOME=/root");
  BOOST_TEST(mask_secret("") == "");
}

}  // namespace crashwright::rca
