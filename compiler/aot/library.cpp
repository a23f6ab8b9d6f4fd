#include "aot/library.h"

#include "aot/archive.h"
#include "aot/compile.h"
#include "aot/cuda.h"
#include "aot/dispatch.h"
#include "aot/files.h"
#include "aot/header.h"
#include "aot/manifest.h"
#include "aot/plan.h"

namespace actinide {

LibraryFiles make_library(const LibraryRequest &request) {
  const aot::Plan plan = aot::plan_library(request);
  const aot::CompiledKernels kernels = aot::compile(plan);
  // The functions for CUDA are an object of their own: a program that calls none of them links neither it nor the PTX.
  std::vector<aot::Member> members;
  if (!plan.targets.empty()) members.push_back({plan.name + "_dispatch.o", aot::dispatch_object(plan, kernels.facts)});
  if (!plan.cuda_targets.empty()) members.push_back({plan.name + "_cuda.o", aot::cuda_object(plan, kernels.ptx)});
  members.insert(members.end(), kernels.objects.begin(), kernels.objects.end());
  return {.archive = aot::archive_of(members, plan.baseline.format),
          .header = aot::header_text(plan),
          .manifest = aot::manifest_text(plan, kernels, aot::cuda_usage(plan, kernels))};
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
