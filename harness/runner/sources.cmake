# harness/runner: processes, supervision, sandbox, the flow of a case.
list(APPEND SOURCES
    runner/interrupt.cc)
