#include "cuda_kernel.h"

#include "codegen/module.h"
#include "error.h"

namespace actinide {
namespace {

CudaLaunch launch_for(const KernelRequest &request, const Target &target, const std::string &symbol) {
  CudaLaunch launch{facts_of(request, target, make_stages(request, target)).schedule, {}};
  for (const EntryPoint &entry : entry_points(request, target))
    launch.entries.push_back(
        {.name = fmt::format("{}{}", symbol, entry.suffix),
         .block_threads = static_cast<std::uint32_t>(launch.schedule.block_threads),
         .thread_elements = static_cast<std::uint32_t>(schedule_for(entry, launch.schedule).vectors * entry.lanes),
         .alignment = static_cast<std::uint32_t>(entry.alignment)});
  return launch;
}

}  // namespace

CudaLaunch cuda_launch(const KernelRequest &request, std::span<const Target> targets, const std::string &symbol) {
  const CudaLaunch launch = launch_for(request, targets.front(), symbol);
  for (const Target &target : targets.subspan(1))
    internal_check(launch_for(request, target, symbol) == launch, "the launch of {} differs between CUDA targets",
                   symbol);
  return launch;
}

std::string cuda_ptx(const KernelRequest &request, const Target &target, const std::string &symbol) {
  Module module(target, symbol);
  compile_kernel(request, target, module, symbol);
  module.optimize();
  const std::vector<char> text = module.object();
  return {text.begin(), text.end()};
}

}  // namespace actinide
