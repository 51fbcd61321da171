crashwright_test(figures_test SOURCES figures/figures_test.cc LINK crashwright::harness)
