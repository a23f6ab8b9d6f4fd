#include "aot/library.h"

#include "aot/archive.h"
#include "aot/dispatch.h"
#include "aot/files.h"
#include "aot/header.h"
#include "aot/manifest.h"
#include "aot/plan.h"
#include "codegen/access.h"
#include "codegen/module.h"

namespace actinide {
namespace {

/// All kernels for one target. Their symbols are for the dispatcher alone. Writes the cost of an element of each.
aot::Member object_for(const aot::Plan &plan, const Target &target, std::vector<std::uint32_t> &costs) {
  costs.clear();
  Module module(target, plan.name + "_" + target.name);
  for (const aot::PlannedKernel &kernel : plan.kernels) {
    const std::string symbol = kernel.symbol(target);
    costs.push_back(compile_kernel(kernel.request, target, module, symbol));
    ModuleAccess::llvm_module(module).getFunction(symbol)->setVisibility(llvm::GlobalValue::HiddenVisibility);
  }
  module.optimize();
  return {plan.name + "_" + target.name + ".o", module.object()};
}

}  // namespace

LibraryFiles make_library(const LibraryRequest &request) {
  const aot::Plan plan = aot::plan_library(request);
  std::vector<std::uint32_t> costs, best_costs;
  std::vector<aot::Member> objects;
  for (const Target &target : plan.targets) {
    objects.push_back(object_for(plan, target, costs));
    // The best target's cost decides about threads: a slower variant only makes them pay more.
    if (best_costs.empty()) best_costs = costs;
  }
  LibraryFiles files{
      .archive = {}, .header = aot::header_text(plan), .manifest = aot::manifest_text(plan, objects, best_costs)};
  objects.insert(objects.begin(), {plan.name + "_dispatch.o", aot::dispatch_object(plan, best_costs)});
  files.archive = aot::archive_of(objects, plan.targets[0].format);
  return files;
}

void write_library(const LibraryRequest &request, const std::filesystem::path &directory) {
  const LibraryFiles files = make_library(request);
  aot::StagedFiles staged;
  staged.add(directory / "lib" / ("lib" + request.name + ".a"), files.archive);
  staged.add(directory / "include" / (request.name + ".h"), files.header);
  staged.add(directory / (request.name + ".json"), files.manifest);
  staged.commit();
}

}  // namespace actinide
