# harness/storage: the power-loss file system and the daemon that serves it.
pkg_check_modules(FUSE3 REQUIRED IMPORTED_TARGET fuse3)
pkg_check_modules(URING REQUIRED IMPORTED_TARGET liburing)
list(APPEND SOURCES
    storage/copy_folder.cc
    storage/fault_words.cc
    storage/file_content.cc
    storage/fresh_blocks.cc
    storage/journal_commits.cc
    storage/lost_operations.cc
    storage/operation.cc
    storage/operation_list.cc
    storage/power_loss.cc
    storage/record_pages.cc
    storage/record_writer.cc
    storage/storage_access.cc
    storage/storage_canary.cc
    storage/storage_canary_writers.cc
    storage/storage_fault_rule.cc
    storage/storage_mount.cc
    storage/storage_record.cc
    storage/tree_folder.cc
    storage/tree_model.cc)

list(APPEND LIBRARIES PkgConfig::URING)

# The daemon is small on purpose: it links no part of the harness but the storage model.
crashwright_program(crashwright_storage
  SOURCES storage/ack_reader.cc storage/caller_stacks.cc storage/callers.cc storage/fault_gate.cc
          storage/file_content.cc storage/fresh_blocks.cc storage/fs_core.cc storage/fs_core_names.cc
          storage/fs_core_scan.cc storage/fs_core_sync.cc storage/fs_core_write.cc
          storage/fuse_file_calls.cc storage/fuse_folder_calls.cc
          storage/fuse_name_calls.cc storage/journal_commits.cc storage/lost_operations.cc
          storage/node_table.cc storage/operation.cc storage/operation_list.cc
          storage/power_loss.cc storage/record_pages.cc storage/record_writer.cc storage/storage_fault_rule.cc
          storage/storage_fs.cc storage/storage_main.cc storage/storage_record.cc storage/tree_folder.cc
          storage/tree_model.cc
  LINK crashwright::base crashwright::postmortem PkgConfig::FUSE3)
