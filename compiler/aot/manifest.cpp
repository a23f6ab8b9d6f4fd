#include "aot/manifest.h"

#include "error.h"
#include "expression/printer.h"
#include "names.h"

#include <actinide/kernel.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace actinide::aot {
namespace {

using Json = nlohmann::ordered_json;

Json arguments_json(const Function &function) {
  Json arguments = Json::array();
  for (const Argument &argument : function.arguments) {
    const std::string type =
        argument.type.back() == ' ' ? argument.type.substr(0, argument.type.size() - 1) : argument.type;
    arguments.push_back({{"name", argument.name}, {"role", to_string(argument.role)}, {"type", type}});
  }
  return arguments;
}

Json precision_json(const PlannedKernel &kernel, const Target &target) {
  const Precision precision = precision_of(kernel.request, target);
  return {{"compute", to_string(precision.compute)}, {"bits", precision.bits}};
}

Json schedule_json(const Schedule &schedule) {
  Json fields = Json::object();
  for (const auto &[name, value] : fields_of(schedule)) fields[name] = value;
  return fields;
}

Json variant_json(const PlannedKernel &kernel, const Target &target, const KernelFacts &facts) {
  return {{"target", target.name},
          {"symbol", kernel.symbol(target)},
          {"precision", precision_json(kernel, target)},
          {"schedule", schedule_json(facts.schedule)}};
}

/// `usage`: of the entries that ptxas told of.
Json entry_json(const CudaEntry &entry, const std::vector<EntryUsage> &usage) {
  const auto found = std::ranges::find(usage, entry.name, &EntryUsage::entry);
  const auto told = [&](int EntryUsage::*number) { return found == usage.end() ? Json() : Json((*found).*number); };
  return {{"name", entry.name},
          {"alignment", entry.alignment},
          {"thread_elements", entry.thread_elements},
          {"part", entry.part},
          {"registers", told(&EntryUsage::registers)},
          {"stack_bytes", told(&EntryUsage::stack_bytes)},
          {"spill_bytes", told(&EntryUsage::spill_bytes)}};
}

Json cuda_variant_json(const PlannedKernel &kernel, const Target &target, const std::vector<EntryUsage> &usage) {
  Json entries = Json::array();
  for (const CudaEntry &entry : kernel.launch.entries) entries.push_back(entry_json(entry, usage));
  return {{"target", target.name},
          {"precision", precision_json(kernel, target)},
          {"schedule", schedule_json(kernel.launch.schedule)},
          {"entries", entries}};
}

std::string_view along_text(Along along) {
  switch (along) {
    case Along::element:
      return "element";
    case Along::channel:
      return "channel";
    case Along::row:
      return "row";
    case Along::nothing:
      return "nothing";
  }
  throw InternalError("aot: no such way along");
}

/// What the inputs hold, then the outputs.
Json tensors_json(const KernelSignature &signature) {
  Json tensors = Json::array();
  for (const KernelBuffer &buffer : signature.buffers)
    tensors.push_back({{"name", buffer.name},
                       {"dtype", to_string(buffer.dtype)},
                       {"along", along_text(buffer.along)},
                       {"parts", buffer.parts},
                       {"members", buffer.members}});
  return tensors;
}

Json optional_json(const std::optional<double> &number) {
  return number ? Json(*number) : Json();
}

/// `cost`: of an element in nanoseconds, or null.
Json function_json(const PlannedKernel &kernel, const Function &function, const Json &cost, const Json &variants) {
  const KernelRequest &request = kernel.request;
  Json bound = Json::object();
  for (const auto &[name, value] : request.bound) bound[name] = to_text(value);
  return {{"name", function.name},
          {"activation", request.row ? std::string(request.row->name) : request.definition.name},
          {"definition", to_text(request.definition)},
          {"bound_parameters", bound},
          {"pass", to_string(request.pass)},
          {"dtype", to_string(request.dtypes)},
          {"tier", to_string(request.tier)},
          {"formula", kernel.signature.formula},
          {"form", prefix_of(request.form)},
          {"arguments", arguments_json(function)},
          {"tensors", tensors_json(kernel.signature)},
          {"bound_ulp", optional_json(bound_of(request))},
          {"bound_relaxed", optional_json(relaxed_bound_of(request))},
          {"cost_ns", cost},
          {"variants", variants}};
}

Json functions_json(const Plan &plan, const CompiledKernels &kernels, const std::optional<CudaUsage> &usage) {
  Json functions = Json::array();
  for (std::size_t i = 0; i < plan.kernels.size(); ++i) {
    const PlannedKernel &kernel = plan.kernels[i];
    Json variants = Json::array(), cuda_variants = Json::array();
    for (std::size_t j = 0; j < plan.targets.size(); ++j)
      variants.push_back(variant_json(kernel, plan.targets[j], kernels.facts[j][i]));
    for (std::size_t j = 0; j < plan.cuda_targets.size(); ++j)
      cuda_variants.push_back(
          cuda_variant_json(kernel, plan.cuda_targets[j], usage ? usage->images[i][j] : std::vector<EntryUsage>()));
    if (!variants.empty())
      for (const Function &function : kernel.functions)
        functions.push_back(function_json(kernel, function, kernels.facts[0][i].cost / 1024.0, variants));
    if (!cuda_variants.empty())
      for (const Function &function : kernel.cuda_functions)
        functions.push_back(function_json(kernel, function, Json(), cuda_variants));
  }
  return functions;
}

Json targets_json(const Plan &plan, const CompiledKernels &kernels) {
  Json targets = Json::array();
  for (std::size_t i = 0; i < plan.targets.size(); ++i)
    targets.push_back({{"name", plan.targets[i].name},
                       {"object", kernels.objects[i].name},
                       {"object_bytes", kernels.objects[i].object.size()}});
  for (std::size_t i = 0; i < plan.cuda_targets.size(); ++i) {
    std::size_t bytes = 0;
    for (const std::vector<std::string> &ptx : kernels.ptx) bytes += ptx[i].size();
    targets.push_back({{"name", plan.cuda_targets[i].name}, {"ptx_bytes", bytes}});
  }
  return targets;
}

}  // namespace

std::string manifest_text(const Plan &plan, const CompiledKernels &kernels, const std::optional<CudaUsage> &usage) {
  Json manifest = {{"library", plan.name},
                   {"actinide", ACTINIDE_VERSION},
                   {"runtime_abi", static_cast<int>(ACTINIDE_KERNEL_ABI)},
                   {"commands", canonical_commands(plan)},
                   {"targets", targets_json(plan, kernels)}};
  if (!plan.cuda_targets.empty()) manifest["ptxas"] = usage ? Json(usage->version) : Json();
  manifest["kernels"] = functions_json(plan, kernels, usage);
  return manifest.dump(2) + "\n";
}

}  // namespace actinide::aot
