crashwright_test(runner_process_test SOURCES runner/process_test.cc LINK crashwright::harness LABELS process)
crashwright_test(runner_core_test SOURCES runner/core_test.cc LINK crashwright::harness LABELS process)
crashwright_test(runner_cleanup_test SOURCES runner/cleanup_test.cc LINK crashwright::harness LABELS process)
crashwright_test(runner_exploration_verdict_test SOURCES runner/exploration_verdict_test.cc LINK crashwright::harness)
crashwright_test(runner_uncaught_exception_test SOURCES runner/uncaught_exception_test.cc LINK crashwright::harness
                 LABELS process)
crashwright_test(runner_program_search_test SOURCES runner/program_search_test.cc LINK crashwright::harness)
crashwright_test(runner_live_process_test SOURCES runner/live_process_test.cc LINK crashwright::harness LABELS process)
crashwright_test(runner_golden_test SOURCES runner/golden_test.cc LINK crashwright::harness)
crashwright_test(runner_judge_test SOURCES runner/judge_test.cc LINK crashwright::harness)
crashwright_test(runner_plan_queue_test SOURCES runner/plan_queue_test.cc LINK crashwright::harness)
crashwright_test(runner_case_test SOURCES runner/case_test.cc LINK crashwright::harness LABELS process)
if(TARGET runner_case_test)
  crashwright_program(runner_stub_engine SOURCES runner/testing/stub_engine.cc LINK crashwright::postmortem)
  crashwright_program(runner_stub_exchange SOURCES runner/testing/stub_exchange.cc LINK crashwright::base)
  add_dependencies(runner_case_test runner_stub_engine runner_stub_exchange crashwright_storage)
  add_dependencies(runner_core_test crashwright_storage)
  target_compile_definitions(runner_case_test PRIVATE STUB_ENGINE="$<TARGET_FILE:runner_stub_engine>"
                                                      STUB_EXCHANGE="$<TARGET_FILE:runner_stub_exchange>")
endif()

crashwright_test(runner_breakpoint_test SOURCES runner/breakpoint_test.cc LINK crashwright::harness LABELS process)
if(TARGET runner_breakpoint_test)
  # Never sanitized: the checker of leaks wants ptrace for itself.
  set(whole_build_sanitize "${CRASHWRIGHT_SANITIZE}")
  set(CRASHWRIGHT_SANITIZE "")
  crashwright_program(breakpoint_victim SOURCES runner/testing/breakpoint_victim.cc LINK Threads::Threads)
  set(CRASHWRIGHT_SANITIZE "${whole_build_sanitize}")
  add_dependencies(runner_breakpoint_test breakpoint_victim)
  target_compile_definitions(runner_breakpoint_test PRIVATE BREAKPOINT_VICTIM="$<TARGET_FILE:breakpoint_victim>")
endif()

# A process of any size and shape that dies or hangs, for the tests and the benchmark of core capture.
if(NOT CRASHWRIGHT_SANITIZE AND (CRASHWRIGHT_TESTS OR CRASHWRIGHT_BENCH))
  crashwright_program(core_victim SOURCES runner/testing/core_victim.cc LINK crashwright::postmortem PkgConfig::URING
                                                                             Threads::Threads)
endif()
if(CRASHWRIGHT_TESTS AND NOT CRASHWRIGHT_SANITIZE)
  foreach(name core_ladder core_tools)
    crashwright_test(runner_${name}_test SOURCES runner/${name}_test.cc runner/testing/victim_core.cc
                     LINK crashwright::harness LABELS process)
    target_compile_definitions(runner_${name}_test PRIVATE CORE_VICTIM="$<TARGET_FILE:core_victim>")
    add_dependencies(runner_${name}_test core_victim)
  endforeach()
  crashwright_test(runner_core_pattern_test SOURCES runner/core_pattern_test.cc LINK crashwright::harness LABELS process
                   SERIAL)
  crashwright_may_skip(runner_core_pattern_test
                       where_cores_go_to_a_program_the_run_takes_the_next_way_and_says_why)
endif()

crashwright_test(session_exploration_test
                 SOURCES runner/session_exploration_test.cc runner/testing/recorded_session.cc
                 LINK crashwright::harness PkgConfig::URING LABELS process)
if(TARGET session_exploration_test)
  add_dependencies(session_exploration_test mock_engine mock_engine_planted mock_exchange crashwright_storage)
endif()
