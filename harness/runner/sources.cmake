# harness/runner: processes, supervision, sandbox, the flow of a case.
list(APPEND SOURCES
    runner/canary.cc
    runner/case_runner.cc
    runner/cgroup.cc
    runner/cleanup.cc
    runner/control_channel.cc
    runner/core_file.cc
    runner/core_writer.cc
    runner/crash_tracer.cc
    runner/data_folder.cc
    runner/engine_command.cc
    runner/exchange_process.cc
    runner/fault_observer.cc
    runner/files.cc
    runner/golden.cc
    runner/incarnation.cc
    runner/interrupt.cc
    runner/judge.cc
    runner/ledger.cc
    runner/leftovers.cc
    runner/live_process.cc
    runner/memory_map.cc
    runner/needs.cc
    runner/proc_info.cc
    runner/process.cc
    runner/run.cc
    runner/supervise.cc)
