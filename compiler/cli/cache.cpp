// `actinide cache`: what the kernels of earlier processes take on disk.
#include "actinide/jit.h"
#include "cli/commands.h"
#include "error.h"
#include "jit/disk_cache.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace actinide::cli {
namespace {

jit::DiskCache user_cache() {
  return {jit::default_cache_directory(), CompilerOptions().cache_bytes};
}

void print_info(bool json) {
  const jit::DiskCache cache = user_cache();
  const jit::DiskCacheContent content = cache.content();
  const std::string refusal = cache.refusal();
  if (json) {
    const nlohmann::ordered_json info = {
        {"directory", cache.directory()}, {"usable", refusal.empty()}, {"refusal", refusal},
        {"entries", content.entries},     {"bytes", content.bytes},    {"limit", cache.limit()}};
    fmt::print("{}\n", info.dump(2));
    return;
  }
  fmt::print("{}: {} kernels, {:.1f} of at most {:.0f} MiB\n", cache.directory().empty() ? "none" : cache.directory(),
             content.entries, static_cast<double>(content.bytes) / (1 << 20),
             static_cast<double>(cache.limit()) / (1 << 20));
  if (!refusal.empty()) fmt::print("not used: {}\n", refusal);
}

void clear() {
  jit::DiskCache cache = user_cache();
  const std::string refusal = cache.refusal();
  if (cache.directory().empty()) user_error("there is no cache to clear: {}", refusal);
  if (!refusal.empty()) user_error("the cache {} is left alone: {}", cache.directory(), refusal);
  const jit::DiskCacheContent removed = cache.clear();
  fmt::print("removed {} kernels, {:.1f} MiB\n", removed.entries, static_cast<double>(removed.bytes) / (1 << 20));
}

}  // namespace

void add_cache(const Command &app) {
  const Command cache = app.subcommand("cache", "Kernels on disk, from just-in-time compiles of earlier processes");
  cache.require_subcommand();
  const Command info = cache.subcommand("info", "Where they are, and what they take");
  auto json = std::make_shared<bool>(false);
  info.flag("--json", *json, "As JSON");
  info.runs([json] { print_info(*json); });
  cache.subcommand("clear", "Removes them").runs(clear);
}

}  // namespace actinide::cli
