#include "codegen/target.h"

#include "error.h"
#include "expression/suggestion.h"

#include <actinide/kernel.h>
#include <actinide/runtime.h>

#include <algorithm>
#include <iterator>

namespace actinide {
namespace {

constexpr std::uint64_t v2 = ACTINIDE_CPU_X86_64_V2;
constexpr std::uint64_t v3 = v2 | ACTINIDE_CPU_X86_64_V3;
constexpr std::uint64_t v4 = v3 | ACTINIDE_CPU_X86_64_V4;
constexpr std::uint64_t neon = ACTINIDE_CPU_AARCH64;
constexpr std::uint64_t sve2 = neon | ACTINIDE_CPU_AARCH64_SVE2;

/// An operating system: the suffix of its targets, its object format, and its part of LLVM's triple.
struct System {
  std::string_view suffix;
  ObjectFormat format;
  std::string_view platform;
};
constexpr System systems[] = {
    {"-linux", ObjectFormat::elf, "unknown-linux-gnu"},
    {"-macos", ObjectFormat::macho, "apple-macosx11.0"},
    {"-windows", ObjectFormat::coff, "w64-windows-gnu"},
};

std::string_view processor_of(Architecture architecture) {
  switch (architecture) {
    case Architecture::x86_64:
      return "x86_64";
    case Architecture::aarch64:
      return "aarch64";
    case Architecture::nvptx:
      return "nvptx64";
  }
  throw InternalError("target: no such architecture");
}

Target on(const System &system, Target target) {
  if (target.is_cuda()) {
    if (&system != &systems[0])
      user_error("'{}{}': PTX is the same for every operating system; write {}", target.name, system.suffix,
                 target.name);
    target.format = ObjectFormat::ptx;
    target.triple = "nvptx64-nvidia-cuda";
    return target;
  }
  if (&system != &systems[0]) target.name += system.suffix;
  target.format = system.format;
  target.triple = fmt::format("{}-{}", processor_of(target.architecture), system.platform);
  return target;
}

Target row(std::string name, Architecture architecture, Target rest) {
  rest.name = std::move(name);
  rest.architecture = architecture;
  return on(systems[0], std::move(rest));
}

const std::vector<Target> &table() {
  static const std::vector<Target> rows = {
      row("x86-64-v2", Architecture::x86_64, {.cpu = "x86-64-v2", .vector_bytes = 16, .cpu_features = v2}),
      row("x86-64-v3", Architecture::x86_64,
          {.cpu = "x86-64-v3", .vector_bytes = 32, .has_fma = true, .has_f16_conversions = true, .cpu_features = v3}),
      row("x86-64-v4", Architecture::x86_64,
          {.cpu = "x86-64-v4",
           .features = "-prefer-256-bit",  // LLVM's default for this level, which would halve our vectors
           .vector_bytes = 64,
           .has_fma = true,
           .has_f16_conversions = true,
           .has_scalef = true,
           .cpu_features = v4}),
      row("aarch64", Architecture::aarch64,
          {.cpu = "generic", .vector_bytes = 16, .has_fma = true, .has_f16_conversions = true, .cpu_features = neon}),
      row("aarch64-sve2", Architecture::aarch64,
          {.cpu = "generic",
           .features = "+sve2",
           .vector_bytes = 16,
           .scalable = true,
           .has_fma = true,
           .has_f16_conversions = true,
           .cpu_features = sve2}),
      // The features are the first versions of PTX that know the chip.
      row("cuda-sm80", Architecture::nvptx,
          {.cpu = "sm_80",
           .features = "+ptx70",
           .vector_bytes = 16,
           .has_fma = true,
           .has_f16_conversions = true,
           .compute_capability = 80}),
      row("cuda-sm90", Architecture::nvptx,
          {.cpu = "sm_90",
           .features = "+ptx78",
           .vector_bytes = 16,
           .has_fma = true,
           .has_f16_conversions = true,
           .compute_capability = 90}),
  };
  return rows;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  std::ranges::transform(table(), std::back_inserter(all), &Target::name);
  return all;
}

}  // namespace

std::span<const Target> all_targets() {
  return table();
}

Target parse_target(std::string_view text) {
  std::string_view base = text;
  const System *system = &systems[0];
  for (const System &candidate : systems) {
    if (!text.ends_with(candidate.suffix)) continue;
    system = &candidate;
    base.remove_suffix(candidate.suffix.size());
  }
  const auto found = std::ranges::find(table(), base, &Target::name);
  if (found == table().end()) {
    const auto meant = closest_name(base, names());
    user_error("unknown target '{}': {}the targets are {}, those of CPUs also with -macos or -windows appended", text,
               meant ? fmt::format("did you mean '{}'? ", *meant) : "", fmt::join(names(), ", "));
  }
  return on(*system, *found);
}

Target host_target() {
  const auto best = std::find_if(table().rbegin(), table().rend(), runs_here);
  if (best == table().rend()) user_error("this CPU runs none of the targets; `actinide targets` lists them");
  return *best;
}

bool runs_here(const Target &target) {
  return target.format == ObjectFormat::elf && (target.cpu_features & ~actinide_cpu_features()) == 0;
}

}  // namespace actinide
