crashwright_test(fault_gate_test SOURCES storage/fault_gate_test.cc storage/fault_gate.cc
                 LINK crashwright::harness)
crashwright_test(fault_words_test SOURCES storage/fault_words_test.cc LINK crashwright::harness)
crashwright_test(copy_folder_test SOURCES storage/copy_folder_test.cc LINK crashwright::harness)
crashwright_test(file_content_test SOURCES storage/file_content_test.cc LINK crashwright::harness)
crashwright_test(storage_record_test SOURCES storage/storage_record_test.cc LINK crashwright::harness)
crashwright_test(fresh_blocks_test SOURCES storage/fresh_blocks_test.cc LINK crashwright::harness)
crashwright_test(number_set_test SOURCES storage/number_set_test.cc LINK crashwright::harness)
crashwright_test(journal_commits_test SOURCES storage/journal_commits_test.cc LINK crashwright::harness)
crashwright_test(power_loss_test SOURCES storage/power_loss_test.cc LINK crashwright::harness)
crashwright_test(storage_mount_test SOURCES storage/storage_mount_test.cc LINK crashwright::harness PkgConfig::URING
                 LABELS process THREADED)
if(TARGET storage_mount_test)
  add_dependencies(storage_mount_test crashwright_storage)
endif()
crashwright_test(durable_files_test SOURCES storage/durable_files_test.cc LINK crashwright::harness LABELS process)
if(TARGET durable_files_test)
  add_dependencies(durable_files_test crashwright_storage)
endif()

crashwright_test(storage_fault_test SOURCES storage/storage_fault_test.cc
                 LINK crashwright::harness PkgConfig::URING LABELS process)
crashwright_test(storage_conformance_test SOURCES storage/storage_conformance_test.cc storage/folder_actor.cc
                 LINK crashwright::harness PkgConfig::URING LABELS process)
crashwright_test(storage_canary_test SOURCES storage/storage_canary_test.cc
                 LINK crashwright::harness PkgConfig::URING LABELS process)
if(TARGET storage_conformance_test)
  crashwright_may_skip(storage_conformance_test
                       fio_reads_back_what_it_wrote_through_io_uring_with_a_sync_after_each_write)
endif()
if(TARGET storage_fault_test)
  target_compile_definitions(storage_fault_test PRIVATE CRASHWRIGHT_SOURCE="${PROJECT_SOURCE_DIR}")
endif()
foreach(test storage_fault_test storage_conformance_test storage_canary_test)
  if(TARGET ${test})
    add_dependencies(${test} crashwright_storage)
  endif()
endforeach()
