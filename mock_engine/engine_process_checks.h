// What process tests of the engine compare: an uninterrupted session with one that was interrupted. Tests only.
//
// Threads: one owner. Errors: a failed Boost.Test check.
#pragma once

#include <sys/wait.h>

#include <csignal>
#include <string>
#include <vector>

#include "mock_engine/engine_process.h"

namespace crashwright::mock_engine {

inline const std::vector<std::string> kShort = {"--feed-seed",        "7",  "--feed-messages", "5000",
                                                "--checkpoint-every", "100"};

struct Golden {
  std::string final_state;
  std::string books;
};

inline Golden golden_of(const std::vector<std::string>& arguments) {
  EngineSession session(arguments);
  BOOST_REQUIRE_MESSAGE(session.run() == 0, session.errors());
  return {session.final_state(), books_of(session.exchange.stop())};
}

inline bool killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

// Recovery alone gives the same bytes twice, from a copy of what the death left.
inline void check_recovery_is_idempotent(EngineSession& session) {
  const std::string copy = session.copy_of_data();
  const auto first = session.recover_only(copy);
  const auto second = session.recover_only(copy);
  BOOST_TEST(first.first == 0);
  BOOST_TEST(first.second.find("\"audit_sequence\":") == 1U);
  BOOST_TEST(first.second == second.second);
}

inline void check_ends_like(EngineSession& session, const Golden& golden) {
  const int status = session.run();
  BOOST_TEST_REQUIRE(status == 0, "wait status " << status << ": " << session.errors());
  BOOST_TEST(session.final_state() == golden.final_state);
  BOOST_TEST(books_of(session.exchange.stop()) == golden.books);
}

}  // namespace crashwright::mock_engine
