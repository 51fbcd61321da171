# crashwright_discover_scenarios(FOLDER|FILE [PREFIX text] [PROGRAM path] [ENGINE path] [OUT folder] [TIMEOUT seconds]
#                                [LABELS label...] [OPTIONS option...])
#
# Registers every case of the scenarios as a CTest test of its own, "PREFIX<case>". The cases are found when ctest
# begins, so a scenario that comes later needs no new configuring. A case that this machine cannot run counts as
# skipped; one whose fault never fired fails.
#
#   find_package(crashwright REQUIRED)
#   enable_testing()
#   crashwright_discover_scenarios(scenarios ENGINE $<TARGET_FILE:my_engine> TIMEOUT 60)
#
# PROGRAM: the crashwright to run; found in PATH and beside this package unless given. ENGINE: `--engine`. OUT: folder
# of the runs, in the build tree unless given. OPTIONS: handed on to `crashwright run`, for example --seed 7.
set(CRASHWRIGHT_DISCOVERY ${CMAKE_CURRENT_LIST_DIR}/crashwright-discovery.cmake)

function(crashwright_discover_scenarios scenarios)
  cmake_parse_arguments(ARG "" "PREFIX;PROGRAM;ENGINE;OUT;TIMEOUT" "LABELS;OPTIONS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "crashwright_discover_scenarios: does not know ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_PROGRAM)
    find_program(CRASHWRIGHT_PROGRAM crashwright HINTS ${CRASHWRIGHT_BINARY_DIR} REQUIRED)
    set(ARG_PROGRAM ${CRASHWRIGHT_PROGRAM})
  endif()
  if(NOT ARG_OUT)
    set(ARG_OUT ${CMAKE_CURRENT_BINARY_DIR}/crashwright-out)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  get_filename_component(scenarios ${scenarios} ABSOLUTE)
  string(MD5 key "${scenarios}${ARG_PREFIX}${ARG_OPTIONS}")
  string(SUBSTRING ${key} 0 8 key)
  set(script ${CMAKE_CURRENT_BINARY_DIR}/crashwright_scenarios_${key}.cmake)
  file(GENERATE OUTPUT ${script} CONTENT "
set(CRASHWRIGHT_PROGRAM [==[${ARG_PROGRAM}]==])
set(CRASHWRIGHT_SCENARIOS [==[${scenarios}]==])
set(CRASHWRIGHT_PREFIX [==[${ARG_PREFIX}]==])
set(CRASHWRIGHT_ENGINE [==[${ARG_ENGINE}]==])
set(CRASHWRIGHT_OUT [==[${ARG_OUT}]==])
set(CRASHWRIGHT_TIMEOUT [==[${ARG_TIMEOUT}]==])
set(CRASHWRIGHT_LABELS [==[${ARG_LABELS}]==])
set(CRASHWRIGHT_OPTIONS [==[${ARG_OPTIONS}]==])
include([==[${CRASHWRIGHT_DISCOVERY}]==])
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${script})
endfunction()
