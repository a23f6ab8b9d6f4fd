#include "cuda_kernel.h"

#include "codegen/module.h"
#include "error.h"

namespace actinide {
namespace {

std::vector<CudaEntry> entries_for(const KernelRequest &request, const Target &target, const std::string &symbol) {
  const Schedule schedule = cuda_schedule_of(request);
  std::vector<CudaEntry> entries;
  for (const EntryPoint &entry : entry_points(request, target))
    entries.push_back({.name = fmt::format("{}{}", symbol, entry.suffix),
                       .block_threads = static_cast<std::uint32_t>(schedule.block_threads),
                       .thread_elements = static_cast<std::uint32_t>(schedule.vectors * entry.lanes),
                       .alignment = static_cast<std::uint32_t>(entry.alignment)});
  return entries;
}

}  // namespace

std::vector<CudaEntry> cuda_entries(const KernelRequest &request, std::span<const Target> targets,
                                    const std::string &symbol) {
  std::vector<CudaEntry> entries;
  for (const Target &target : targets) {
    const std::vector<CudaEntry> own = entries_for(request, target, symbol);
    if (entries.empty()) entries = own;
    internal_check(own == entries, "the entries of {} differ between CUDA targets", symbol);
  }
  return entries;
}

std::string cuda_ptx(const KernelRequest &request, const Target &target, const std::string &symbol) {
  Module module(target, symbol);
  compile_kernel(request, target, module, symbol);
  module.optimize();
  const std::vector<char> text = module.object();
  return {text.begin(), text.end()};
}

}  // namespace actinide
