// The commands of `actinide`: each adds itself with its options; its callback runs it.
#pragma once

#include "cli/command_line.h"

namespace actinide::cli {

void add_list(const Command &app);
void add_show(const Command &app);
void add_explain(const Command &app);
void add_emit(const Command &app);
void add_run(const Command &app);
void add_check(const Command &app);
void add_bench(const Command &app);
void add_tune(const Command &app);
void add_plot(const Command &app);
void add_targets(const Command &app);
void add_cache(const Command &app);

}  // namespace actinide::cli
