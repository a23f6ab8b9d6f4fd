#include "codegen/target.h"

#include "error.h"
#include "expression/definition.h"

#include <actinide/kernel.h>
#include <actinide/runtime.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace actinide {
namespace {

constexpr std::uint64_t v2 = ACTINIDE_CPU_X86_64_V2;
constexpr std::uint64_t v3 = v2 | ACTINIDE_CPU_X86_64_V3;
constexpr std::uint64_t v4 = v3 | ACTINIDE_CPU_X86_64_V4;

const std::array<Target, 3> table{{
    {.name = "x86-64-v2",
     .architecture = Architecture::x86_64,
     .format = ObjectFormat::elf,
     .triple = "x86_64-unknown-linux-gnu",
     .cpu = "x86-64-v2",
     .features = "",
     .vector_bytes = 16,
     .has_fma = false,
     .has_scalef = false,
     .cpu_features = v2},
    {.name = "x86-64-v3",
     .architecture = Architecture::x86_64,
     .format = ObjectFormat::elf,
     .triple = "x86_64-unknown-linux-gnu",
     .cpu = "x86-64-v3",
     .features = "",
     .vector_bytes = 32,
     .has_fma = true,
     .has_scalef = false,
     .cpu_features = v3},
    {.name = "x86-64-v4",
     .architecture = Architecture::x86_64,
     .format = ObjectFormat::elf,
     .triple = "x86_64-unknown-linux-gnu",
     .cpu = "x86-64-v4",
     .features = "-prefer-256-bit",  // LLVM's default for this level, which would halve our vectors
     .vector_bytes = 64,
     .has_fma = true,
     .has_scalef = true,
     .cpu_features = v4},
}};

/// An operating system: the suffix of its targets and what it changes in a row of the table.
struct System {
  std::string_view suffix;
  ObjectFormat format;
  std::string_view triple;
};
constexpr System systems[] = {
    {"-linux", ObjectFormat::elf, "x86_64-unknown-linux-gnu"},
    {"-macos", ObjectFormat::macho, "x86_64-apple-macosx11.0"},
    {"-windows", ObjectFormat::coff, "x86_64-w64-windows-gnu"},
};

std::vector<std::string> names() {
  std::vector<std::string> all;
  std::transform(table.begin(), table.end(), std::back_inserter(all), [](const Target &row) { return row.name; });
  return all;
}

}  // namespace

std::span<const Target> all_targets() {
  return table;
}

Target parse_target(std::string_view text) {
  std::string_view base = text;
  const System *system = &systems[0];
  for (const System &candidate : systems) {
    if (!text.ends_with(candidate.suffix)) continue;
    system = &candidate;
    base.remove_suffix(candidate.suffix.size());
  }
  const auto row = std::find_if(table.begin(), table.end(), [&](const Target &entry) { return entry.name == base; });
  if (row == table.end()) {
    const auto meant = closest_name(base, names());
    user_error("unknown target '{}': {}the targets are {}, each also with -macos or -windows appended", text,
               meant ? fmt::format("did you mean '{}'? ", *meant) : "", fmt::join(names(), ", "));
  }
  Target target = *row;
  if (system != &systems[0]) target.name += system->suffix;
  target.format = system->format;
  target.triple = system->triple;
  return target;
}

Target host_target() {
  const auto best = std::find_if(table.rbegin(), table.rend(), [](const Target &row) { return runs_here(row); });
  if (best == table.rend()) user_error("this CPU runs none of the targets; the least of them is {}", table[0].name);
  return *best;
}

bool runs_here(const Target &target) {
  return target.format == ObjectFormat::elf && (target.cpu_features & ~actinide_cpu_features()) == 0;
}

}  // namespace actinide
