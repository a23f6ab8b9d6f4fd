// The commands of `actinide`: each adds itself with its options; its callback runs it.
#pragma once

#include <CLI/CLI.hpp>

namespace actinide::cli {

void add_list(CLI::App &app);
void add_show(CLI::App &app);
void add_explain(CLI::App &app);
void add_emit(CLI::App &app);
void add_run(CLI::App &app);
void add_check(CLI::App &app);
void add_bench(CLI::App &app);
void add_tune(CLI::App &app);
void add_plot(CLI::App &app);
void add_targets(CLI::App &app);
void add_cache(CLI::App &app);

}  // namespace actinide::cli
