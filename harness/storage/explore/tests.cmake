crashwright_test(image_content_test SOURCES storage/explore/image_content_test.cc LINK crashwright::harness)
crashwright_test(image_folder_test SOURCES storage/explore/image_folder_test.cc LINK crashwright::harness)
crashwright_test(crash_state_test SOURCES storage/explore/crash_state_test.cc LINK crashwright::harness)
crashwright_test(hand_overs_test SOURCES storage/explore/hand_overs_test.cc LINK crashwright::harness)
crashwright_test(loss_list_test SOURCES storage/explore/loss_list_test.cc LINK crashwright::harness)
crashwright_test(session_promises_test SOURCES storage/explore/session_promises_test.cc LINK crashwright::harness)
crashwright_test(call_places_test SOURCES storage/explore/call_places_test.cc LINK crashwright::harness PkgConfig::URING
                 LABELS process)
if(TARGET call_places_test)
  add_dependencies(call_places_test crashwright_storage)
endif()
crashwright_test(exploration_test SOURCES storage/explore/exploration_test.cc LINK crashwright::harness LABELS process
                 THREADED)
crashwright_test(call_watch_test SOURCES storage/explore/call_watch_test.cc LINK crashwright::harness PkgConfig::URING
                 LABELS process THREADED)
if(TARGET call_watch_test)
  add_dependencies(call_watch_test crashwright_storage)
endif()
crashwright_test(ack_lint_test SOURCES storage/explore/ack_lint_test.cc LINK crashwright::harness)
crashwright_test(supervised_program_test SOURCES storage/explore/supervised_program_test.cc
                 storage/explore/heap_after_fork.cc LINK crashwright::harness LABELS process)
crashwright_test(program_run_test SOURCES storage/explore/program_run_test.cc LINK crashwright::harness PkgConfig::URING
                 LABELS process)
if(TARGET program_run_test)
  add_dependencies(program_run_test crashwright_storage)
endif()
foreach(test minimiser_test added_sync_test explorer_test)
  crashwright_test(${test} SOURCES storage/explore/${test}.cc LINK crashwright::harness LABELS process THREADED)
endforeach()
