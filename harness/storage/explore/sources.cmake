# harness/storage/explore: which states a power loss may leave, and who judges them.
list(APPEND SOURCES
    storage/explore/ack_lint.cc
    storage/explore/added_sync.cc
    storage/explore/call_places.cc
    storage/explore/campaign.cc
    storage/explore/checker.cc
    storage/explore/crash_state.cc
    storage/explore/exploration_json.cc
    storage/explore/explorer.cc
    storage/explore/finding.cc
    storage/explore/image_builder.cc
    storage/explore/image_content.cc
    storage/explore/image_folder.cc
    storage/explore/image_tree.cc
    storage/explore/order_lint.cc
    storage/explore/pending_operations.cc
    storage/explore/program_call.cc
    storage/explore/program_run.cc
    storage/explore/recording.cc
    storage/explore/recovery_judge.cc
    storage/explore/scratch_folder.cc
    storage/explore/session_promises.cc
    storage/explore/state_judge.cc
    storage/explore/state_source.cc
    storage/explore/storage_profile.cc
    storage/explore/supervised_program.cc
    storage/explore/sync_watch.cc)
