#include "harness/cli/command.h"

int main(int argc, char** argv) { return crashwright::harness::cli::run_command({argv + 1, argv + argc}); }
