# Included by harness/CMakeLists.txt: the figures of `crashwright bench`.
list(APPEND SOURCES
    figures/audit_figures.cc
    figures/core_figures.cc
    figures/cost_picture.cc
    figures/engine_figures.cc
    figures/evaluate.cc
    figures/figure.cc
    figures/fault_point_figures.cc
    figures/figure_table.cc
    figures/handler_figures.cc
    figures/harness_figures.cc
    figures/log_figures.cc
    figures/measure.cc
    figures/rca_figures.cc
    figures/registry.cc
    figures/result_json.cc
    figures/sample_set.cc
    figures/storage_figures.cc)
