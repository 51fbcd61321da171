// Goal: two engines never own one data folder, a dead one never keeps a living one out for good, and what is no other
// engine is not called one.
// Method: locks of one process exclude each other as those of two do; children that died stand for dead engines.
#include "mock_engine/data_lock.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "mock_engine/lock_holder.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/crashwright-lock-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string lock() const { return path + "/data/lock"; }
  std::string path;
};

StopReason refusal(const std::string& path) {
  const auto lock = DataLock::acquire(path);
  BOOST_REQUIRE(!lock.has_value());
  return lock.error();
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_second_owner_is_refused_and_told_the_process_that_holds_the_folder, Folder) {
  {
    const auto first = DataLock::acquire(lock());
    BOOST_REQUIRE(first.has_value());
    const StopReason second = refusal(lock());
    BOOST_TEST((second.code == ExitCode::kLocked));
    BOOST_TEST(second.why == lock() + " is held by another engine, process " + std::to_string(::getpid()) +
                                 "; one engine per data folder");
  }
  BOOST_TEST(DataLock::acquire(lock()).has_value());
}

BOOST_FIXTURE_TEST_CASE(taking_the_lock_file_away_lets_no_second_owner_in, Folder) {
  const auto first = DataLock::acquire(lock());
  BOOST_REQUIRE(first.has_value());
  BOOST_REQUIRE(std::filesystem::remove(lock()));
  BOOST_TEST((refusal(lock()).code == ExitCode::kLocked));
  BOOST_REQUIRE(std::filesystem::exists(lock()));  // the second one's; it does not help the third
  BOOST_TEST((refusal(lock()).code == ExitCode::kLocked));
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_cannot_be_written_or_is_not_there_is_no_other_engine, Folder) {
  const StopReason forbidden = refusal("/sys/lock");
  BOOST_TEST((forbidden.code == ExitCode::kStorageSealed));
  BOOST_TEST(forbidden.why.find("the engine must be able to write its data folder") != std::string::npos);
  BOOST_REQUIRE(std::filesystem::create_directories(lock()));
  BOOST_TEST((refusal(lock()).code == ExitCode::kStorageSealed));
  const StopReason nowhere = refusal(path + "/no/such/lock");
  BOOST_TEST((nowhere.code == ExitCode::kUsage));
  BOOST_TEST(nowhere.why.find("create " + path + "/no/such: ") == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_holder_is_living_until_it_ends_and_another_process_of_its_id_is_not_it, Folder) {
  const UniqueFd file(::open((path + "/note").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  BOOST_TEST(!read_lock_holder(file.get()).has_value());
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  write_lock_holder(file.get(), holder_of(child).value());
  const LockHolder holder = read_lock_holder(file.get()).value();
  BOOST_TEST(holder.pid == child);
  BOOST_TEST((life_of(holder) == HolderLife::kLiving));
  LockHolder other = holder;
  other.began_ticks += 1;
  BOOST_TEST((life_of(other) == HolderLife::kDying));
  other = holder;
  other.pid_namespace += 1;
  BOOST_TEST((life_of(other) == HolderLife::kUnknown));
  BOOST_REQUIRE(::kill(child, SIGKILL) == 0);
  siginfo_t info{};
  BOOST_REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  BOOST_TEST((life_of(holder) == HolderLife::kDying));  // not reaped yet
  BOOST_REQUIRE(::waitpid(child, nullptr, 0) == child);
  BOOST_TEST((life_of(holder) == HolderLife::kDying));
  BOOST_TEST(!holder_of(child).has_value());
}
