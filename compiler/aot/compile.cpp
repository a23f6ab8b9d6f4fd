#include "aot/compile.h"

#include "codegen/access.h"
#include "codegen/module.h"

namespace actinide::aot {
namespace {

/// All kernels for one CPU. Their symbols are for the dispatcher alone. Adds what is known of each to `facts`.
Member object_for(const Plan &plan, const Target &target, std::vector<KernelFacts> &facts) {
  Module module(target, plan.name + "_" + target.name);
  for (const PlannedKernel &kernel : plan.kernels)
    facts.push_back(compile_kernel(kernel.request, target, module, kernel.symbol(target)));
  for (llvm::Function &function : ModuleAccess::llvm_module(module))
    if (!function.isDeclaration()) function.setVisibility(llvm::GlobalValue::HiddenVisibility);
  module.optimize();
  return {plan.name + "_" + target.name + ".o", module.object()};
}

}  // namespace

CompiledKernels compile(const Plan &plan) {
  CompiledKernels kernels;
  for (const Target &target : plan.targets)
    kernels.objects.push_back(object_for(plan, target, kernels.facts.emplace_back()));
  for (const PlannedKernel &kernel : plan.kernels) {
    std::vector<std::string> &ptx = kernels.ptx.emplace_back();
    for (const Target &target : plan.cuda_targets)
      ptx.push_back(cuda_ptx(kernel.request, target, kernel.cuda_functions[0].name));
  }
  return kernels;
}

std::optional<CudaUsage> cuda_usage(const Plan &plan, const CompiledKernels &kernels) {
  if (plan.cuda_targets.empty()) return std::nullopt;
  const std::optional<Ptxas> ptxas = Ptxas::find();
  if (!ptxas) return std::nullopt;
  CudaUsage usage{.version = ptxas->version(), .images = {}};
  for (const std::vector<std::string> &ptx : kernels.ptx) {
    auto &images = usage.images.emplace_back();
    for (std::size_t i = 0; i < ptx.size(); ++i)
      images.push_back(ptxas->assemble(ptx[i], plan.cuda_targets[i]).value_or(std::vector<EntryUsage>()));
  }
  return usage;
}

}  // namespace actinide::aot
