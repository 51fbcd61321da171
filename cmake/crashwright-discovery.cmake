# Run by ctest for each crashwright_discover_scenarios(): asks crashwright for the cases and adds a test for each.
# Its variables are set by the script that includes it.
execute_process(COMMAND ${CRASHWRIGHT_PROGRAM} list ${CRASHWRIGHT_SCENARIOS} --format json
                OUTPUT_VARIABLE listed ERROR_VARIABLE complaints RESULT_VARIABLE status)
set(options ${CRASHWRIGHT_OPTIONS})
if(CRASHWRIGHT_ENGINE)
  list(APPEND options --engine ${CRASHWRIGHT_ENGINE})
endif()
if(NOT status EQUAL 0)
  # Told by a test that fails: a message of ctest is easily overlooked.
  add_test(${CRASHWRIGHT_PREFIX}scenarios_are_valid ${CRASHWRIGHT_PROGRAM} list ${CRASHWRIGHT_SCENARIOS})
else()
  string(JSON count LENGTH "${listed}")
  math(EXPR last "${count} - 1")
  foreach(index RANGE ${last})
    string(JSON id GET "${listed}" ${index} id)
    set(test ${CRASHWRIGHT_PREFIX}${id})
    add_test(${test} ${CRASHWRIGHT_PROGRAM} run ${CRASHWRIGHT_SCENARIOS} --case ${id} --out ${CRASHWRIGHT_OUT}
             ${options})
    set_tests_properties(${test} PROPERTIES TIMEOUT ${CRASHWRIGHT_TIMEOUT} LABELS "${CRASHWRIGHT_LABELS}"
                                            SKIP_REGULAR_EXPRESSION "\n1 skipped in ")
  endforeach()
endif()
