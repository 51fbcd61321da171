# Included by bench/CMakeLists.txt: what fault points and hot paths cost, in nanoseconds, bytes and instructions.
# Fault points: beside libfiu, and what their object code is.
pkg_check_modules(FIU REQUIRED IMPORTED_TARGET libfiu)
crashwright_bench(fault_point_bench SOURCES fault_point_bench.cc
                  LINK crashwright::postmortem crashwright::samples PkgConfig::FIU)
foreach(kind with_line without_line dormant)
  add_library(fault_point_${kind} OBJECT fault_point_out.cc)
  target_include_directories(fault_point_${kind} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(fault_point_${kind} PRIVATE -O2)
endforeach()
target_compile_definitions(fault_point_with_line PRIVATE CRASHWRIGHT_NO_FAULT_POINTS CRASHWRIGHT_PROBE_WITH_LINE)
target_compile_definitions(fault_point_without_line PRIVATE CRASHWRIGHT_NO_FAULT_POINTS)
target_compile_definitions(fault_point_dormant PRIVATE CRASHWRIGHT_PROBE_WITH_LINE)
set(FAULT_POINT_OBJECTS
    $<TARGET_OBJECTS:fault_point_with_line> $<TARGET_OBJECTS:fault_point_without_line>
    $<TARGET_OBJECTS:fault_point_dormant>)
file(GENERATE OUTPUT ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/fault_point_object
     CONTENT "#!/bin/sh
exec ${CMAKE_CURRENT_SOURCE_DIR}/fault_point_object.py $<JOIN:${FAULT_POINT_OBJECTS}, > \"$@\"
" FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# Instructions of the hot paths, counted by callgrind. A ratchet: they may fall, not rise.
crashwright_program(hot_path_probe SOURCES hot_path_probe.cc LINK crashwright::postmortem)
configure_file(hot_path_instructions.py ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/hot_path_instructions COPYONLY)

if(CRASHWRIGHT_TESTS AND NOT CRASHWRIGHT_SANITIZE)
  add_test(NAME bench.a_fault_point_that_is_compiled_out_leaves_nothing
           COMMAND ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/fault_point_object --check)
  set_tests_properties(bench.a_fault_point_that_is_compiled_out_leaves_nothing PROPERTIES TIMEOUT 60)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    add_test(NAME bench.hot_paths_have_not_grown
             COMMAND ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/hot_path_instructions
                     --ratchet ${CMAKE_CURRENT_SOURCE_DIR}/hot_path_ratchet.json)
    set_tests_properties(bench.hot_paths_have_not_grown PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77)
  endif()
endif()
