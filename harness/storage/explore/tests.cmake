crashwright_test(crash_state_test SOURCES storage/explore/crash_state_test.cc LINK crashwright::harness)
crashwright_test(exploration_test SOURCES storage/explore/exploration_test.cc LINK crashwright::harness LABELS process)
