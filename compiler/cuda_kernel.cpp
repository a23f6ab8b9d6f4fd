#include "cuda_kernel.h"

#include "codegen/module.h"
#include "error.h"
#include "kernel_functions.h"

#include <actinide/kernel.h>

namespace actinide {
namespace {

/// ACTINIDE_TEAMS_*.
std::uint8_t number_of(Teams teams) {
  switch (teams) {
    case Teams::elements:
      return ACTINIDE_TEAMS_ELEMENTS;
    case Teams::rows:
      return ACTINIDE_TEAMS_ROWS;
    case Teams::channels:
      return ACTINIDE_TEAMS_CHANNELS;
    case Teams::channel_pieces:
      return ACTINIDE_TEAMS_CHANNEL_PIECES;
    case Teams::one:
      return ACTINIDE_TEAMS_ONE;
  }
  throw InternalError("cuda: no such teams");
}

CudaLaunch launch_for(const KernelRequest &request, const Target &target, const std::string &symbol) {
  const Stages stages = make_stages(request, target);
  CudaLaunch launch{facts_of(request, target, stages).schedule, {}};
  for (const KernelFunction &function : kernel_functions(request, target, stages.kernel, launch.schedule)) {
    const LoweredBody &body = function.lowered.bodies.at(0);
    const Teams teams = body.parts.at(0).teams;
    const int vectors = function.lanes > 1 ? launch.schedule.vectors : 1;
    launch.entries.push_back({.name = symbol + function.suffix,
                              .block_threads = static_cast<std::uint32_t>(
                                  teams == Teams::one ? ACTINIDE_CUDA_WARP : launch.schedule.block_threads),
                              .thread_elements = static_cast<std::uint32_t>(vectors * function.lanes),
                              .alignment = static_cast<std::uint32_t>(function.alignment),
                              .part = function.part,
                              .inner_is_one = body.inner_is_one,
                              .teams = number_of(teams)});
  }
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
