// The compiler's side: a request goes through the pipeline into a package.
#include "jit/compile_service.h"

#include "call_limits.h"
#include "codegen/module.h"
#include "error.h"
#include "expression/printer.h"
#include "expression/reference.h"
#include "jit/build_identity.h"
#include "jit/package.h"
#include "pipeline.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actinide::jit {
namespace {

// The number next to `bound` that the constraint allows, in the direction of its inside.
double first_allowed(const Constraint &constraint, const Rational &bound, double inside) {
  double number = std::nextafter(bound.get_d(), -inside);  // get_d cuts off
  while (!constraint.allows(Rational(number))) number = std::nextafter(number, inside);
  return number;
}

KernelParameter parameter_of(const KernelRequest &request, const std::string &name) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  KernelParameter parameter{name,
                            nearest_parameter(request.definition.find_parameter(name)->default_value, request.dtype)};
  const Constraint *constraint = request.row ? find_constraint(*request.row, name) : nullptr;
  if (!constraint) return parameter;
  Constraint real = *constraint;
  real.integral = false;
  if (real.low) parameter.least = first_allowed(real, *real.low, infinity);
  if (real.high) parameter.greatest = first_allowed(real, *real.high, -infinity);
  parameter.integral = constraint->integral;
  parameter.range = constraint->text;
  return parameter;
}

// `target`: its name, or those of all.
KernelInfo info_of(const KernelRequest &request, const KernelSignature &signature, const std::string &target) {
  KernelInfo info{.name = signature.base_name(),
                  .pass = request.pass,
                  .dtypes = request.dtypes,
                  .tier = request.tier,
                  .inputs = signature.inputs,
                  .outputs = signature.outputs,
                  .parameters = {},
                  .formula = signature.formula,
                  .target = target,
                  .shape = signature.shape,
                  .layouts = {}};
  for (const KernelBuffer &buffer : signature.buffers)
    info.layouts.push_back({buffer.dtype, buffer.along, std::size_t(buffer.parts), std::size_t(buffer.members)});
  for (const std::string &name : signature.parameters) info.parameters.push_back(parameter_of(request, name));
  return info;
}

// All targets for CUDA, the highest compute capability first: the runtime takes the first that a device accepts.
const std::vector<Target> &cuda_targets() {
  static const std::vector<Target> targets = [] {
    std::vector<Target> chosen;
    std::ranges::copy_if(all_targets(), std::back_inserter(chosen), &Target::is_cuda);
    std::ranges::sort(chosen, std::greater{}, &Target::compute_capability);
    return chosen;
  }();
  return targets;
}

// Of the CPU's target, or of all for CUDA.
std::string target_names(std::string_view target) {
  if (!target.empty()) return std::string(target);
  std::vector<std::string> names;
  for (const Target &cuda : cuda_targets()) names.push_back(cuda.name);
  return fmt::format("{}", fmt::join(names, ","));
}

std::string identity_of(const KernelRequest &request, const std::string &targets) {
  return fmt::format("{} {} {}", targets, request.schedule, actinide::identity_of(request));
}

KernelPackage package_for_cpu(const KernelRequest &request, const Target &target) {
  const KernelSignature signature = signature_of(request);
  check_limits(signature, false);
  KernelPackage package{.identity = identity_of(request, target.name),
                        .info = info_of(request, signature, target.name),
                        .sum_words = static_cast<std::uint8_t>(sum_words(signature)),
                        .code = {}};
  const std::string symbol = package.info.name;
  Module module(target, symbol);
  const KernelFacts facts = compile_kernel(request, target, module, symbol);
  package.cost = facts.cost;
  package.stream_bytes = facts.schedule.stream;
  module.optimize();
  package.code = make_image(module.object(), cpu_symbols(signature, symbol));
  return package;
}

CudaKernelPackage package_for_cuda(const KernelRequest &request) {
  const KernelSignature signature = signature_of(request);
  check_limits(signature, true);
  const std::vector<Target> &targets = cuda_targets();
  const std::string names = target_names({});
  const CudaLaunch launch = cuda_launch(request, targets, signature.base_name());
  CudaKernelPackage package{.identity = identity_of(request, names),
                            .info = info_of(request, signature, names),
                            .compute_capabilities = {},
                            .ptx = {},
                            .entries = launch.entries,
                            .multiprocessor_blocks = launch.multiprocessor_blocks(),
                            .shaped = takes_extents(signature),
                            .sum_words = static_cast<std::uint8_t>(sum_words(signature))};
  for (const Target &target : targets) {
    package.compute_capabilities.push_back(static_cast<std::uint32_t>(target.compute_capability));
    package.ptx.push_back(cuda_ptx(request, target, signature.base_name()));
  }
  return package;
}

KernelRequest parsed(const PackageRequest &request) {
  return parse_kernel_request(std::string(request.activation), request.pass, request.dtypes, request.tier,
                              std::string(request.schedule));
}

class Pipeline final : public CompileService {
  std::string identity(const PackageRequest &request) const override {
    return identity_of(parsed(request), target_names(request.target));
  }
  std::string package(const PackageRequest &request) const override {
    if (request.target.empty()) return to_bytes(package_for_cuda(parsed(request)));
    return to_bytes(package_for_cpu(parsed(request), parse_target(request.target)));
  }
};

}  // namespace
}  // namespace actinide::jit

extern "C" [[gnu::visibility("default")]] const actinide::jit::CompileService *actinide_compile_service(
    std::string_view build) {
  using namespace actinide::jit;
  static const Pipeline pipeline;
  return build == build_identity() ? &pipeline : nullptr;
}
