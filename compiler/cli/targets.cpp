// `actinide targets`: what can be emitted, and what runs here.
#include "cli/commands.h"
#include "cli/table.h"
#include "codegen/target.h"

#include <fmt/format.h>

namespace actinide::cli {
namespace {

void print_targets() {
  Table table({"TARGET", "VECTOR", "FMA", "HERE"});
  const std::string best = host_target().name;
  for (const Target &target : all_targets()) {
    const char *here = target.name == best ? "best" : runs_here(target) ? "runs" : "-";
    const std::string longest = target.scalable ? fmt::format(" to {}", target.vector_bytes * longest_scale) : "";
    table.add(
        {target.name, fmt::format("{}{} bytes", target.vector_bytes, longest), target.has_fma ? "yes" : "no", here});
  }
  fmt::print("{}\nThose of CPUs also with -macos or -windows appended, for these systems; -linux is meant otherwise.\n",
             table.text());
}

}  // namespace

void add_targets(const Command &app) {
  app.subcommand("targets", "What can be emitted, and what this machine runs").runs(print_targets);
}

}  // namespace actinide::cli
