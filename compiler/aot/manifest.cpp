#include "aot/manifest.h"

#include "aot/header.h"
#include "expression/printer.h"
#include "names.h"

#include <actinide/kernel.h>

#include <nlohmann/json.hpp>

namespace actinide::aot {
namespace {

using Json = nlohmann::ordered_json;

Json arguments_json(const PlannedKernel &kernel) {
  Json arguments = Json::array();
  for (const Argument &argument : kernel.arguments) {
    const std::string type =
        argument.type.back() == ' ' ? argument.type.substr(0, argument.type.size() - 1) : argument.type;
    arguments.push_back({{"name", argument.name}, {"role", to_string(argument.role)}, {"type", type}});
  }
  return arguments;
}

Json variant_json(const PlannedKernel &kernel, const Target &target) {
  const Precision precision = precision_of(kernel.request, target);
  return {{"target", target.name},
          {"symbol", kernel.symbol(target)},
          {"precision", {{"compute", to_string(precision.compute)}, {"bits", precision.bits}}},
          {"schedule", {{"vectors", schedule_of(kernel.request, target).vectors}}}};
}

Json kernel_json(const PlannedKernel &kernel, const std::vector<Target> &targets, std::uint32_t cost) {
  const KernelRequest &request = kernel.request;
  Json bound = Json::object(), variants = Json::array();
  for (const auto &[name, value] : request.bound) bound[name] = to_text(value);
  for (const Target &target : targets) variants.push_back(variant_json(kernel, target));
  return {{"name", kernel.function},
          {"activation", request.row ? std::string(request.row->name) : request.definition.name},
          {"definition", to_text(request.definition)},
          {"bound_parameters", bound},
          {"pass", to_string(request.pass)},
          {"dtype", to_string(request.dtype)},
          {"tier", to_string(request.tier)},
          {"formula", kernel.signature.formula},
          {"arguments", arguments_json(kernel)},
          {"bound_ulp", kernel.bound ? Json(*kernel.bound) : Json()},
          {"cost_ns", cost / 1024.0},
          {"variants", variants}};
}

}  // namespace

std::string manifest_text(const Plan &plan, const std::vector<Member> &objects,
                          const std::vector<std::uint32_t> &costs) {
  Json targets = Json::array(), kernels = Json::array();
  for (std::size_t i = 0; i < plan.targets.size(); ++i)
    targets.push_back(
        {{"name", plan.targets[i].name}, {"object", objects[i].name}, {"object_bytes", objects[i].object.size()}});
  for (std::size_t i = 0; i < plan.kernels.size(); ++i)
    kernels.push_back(kernel_json(plan.kernels[i], plan.targets, costs[i]));
  const Json manifest = {{"library", plan.name},
                         {"actinide", ACTINIDE_VERSION},
                         {"runtime_abi", static_cast<int>(ACTINIDE_KERNEL_ABI)},
                         {"commands", canonical_commands(plan)},
                         {"targets", targets},
                         {"kernels", kernels}};
  return manifest.dump(2) + "\n";
}

}  // namespace actinide::aot
