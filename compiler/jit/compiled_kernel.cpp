#include "jit/compiled_kernel.h"

#include "codegen/module.h"
#include "error.h"
#include "expression/reference.h"
#include "jit/loader.h"
#include "jit/once_cache.h"

namespace actinide::detail {
namespace {

std::vector<double> default_values(const KernelInfo &info) {
  std::vector<double> values;
  for (const KernelParameter &parameter : info.parameters) values.push_back(parameter.default_value);
  return values;
}

// A parameter has the kernel's type, as in an emitted library.
double nearest(const Rational &value, DType dtype) {
  return Reference(constant(value), {}).rounded({}, dtype);
}

KernelInfo info_of(const KernelRequest &request, const Target &target) {
  const KernelSignature signature = signature_of(request);
  KernelInfo info{.name = signature.base_name(),
                  .pass = request.pass,
                  .dtype = request.dtype,
                  .tier = request.tier,
                  .inputs = signature.inputs,
                  .outputs = signature.outputs,
                  .parameters = {},
                  .formula = signature.formula,
                  .target = target.name};
  for (const std::string &name : signature.parameters)
    info.parameters.push_back({name, nearest(request.definition.find_parameter(name)->default_value, request.dtype)});
  const std::size_t buffers = info.inputs.size() + info.outputs.size();
  if (buffers > ACTINIDE_MAX_BUFFERS)
    user_error("{} has {} tensors; a kernel has at most {}: give the definition fewer inputs", info.name, buffers,
               static_cast<int>(ACTINIDE_MAX_BUFFERS));
  return info;
}

// Two requests with the same key are the same kernel, to the bit.
std::string key_of(const KernelRequest &request, const Target &target) {
  std::string key =
      fmt::format("{} {} {} {} {} {}", target.name, to_string(request.pass), to_string(request.dtype),
                  to_string(request.tier), request.row ? request.row->name : "", to_text(request.definition));
  for (const auto &[name, value] : request.bound) key += fmt::format(" {}={}", name, value.get_str());
  return key;
}

struct CompiledObject {
  std::vector<char> code;
  std::uint32_t cost;
};

CompiledObject object_of(const KernelRequest &request, const Target &target, const std::string &symbol) {
  Module module(target, symbol);
  const std::uint32_t cost = compile_kernel(request, target, module, symbol);
  module.optimize();
  return {module.object(), cost};
}

// What this process has compiled. It is never destroyed: threads may still run kernels when the process exits.
struct Process {
  jit::Loader loader;
  jit::OnceCache<std::shared_ptr<const CompiledKernel>> kernels;

  static Process &instance() {
    static auto *process = new Process;
    return *process;
  }
};

}  // namespace

CompiledKernel::CompiledKernel(KernelInfo face, actinide_kernel_function function, const Target &target,
                               std::uint32_t cost)
    : info(std::move(face)),
      defaults(default_values(info)),
      variant{info.target.c_str(), target.cpu_features, function},
      descriptor{} {
  descriptor.abi = ACTINIDE_KERNEL_ABI;
  descriptor.inputs = static_cast<std::uint8_t>(info.inputs.size());
  descriptor.outputs = static_cast<std::uint8_t>(info.outputs.size());
  std::fill_n(descriptor.element_bytes, info.inputs.size() + info.outputs.size(),
              static_cast<std::uint8_t>(size_of(info.dtype)));
  descriptor.parameters = static_cast<std::uint16_t>(info.parameters.size());
  descriptor.variant_count = 1;
  descriptor.variants = &variant;
  descriptor.cost = cost;
  // The only variant runs here (the Compiler has seen to it): nothing is left to choose at the first call.
  descriptor.selected = function;
}

std::shared_ptr<const CompiledKernel> compiled_kernel(const KernelRequest &request, const Target &target) {
  Process &process = Process::instance();
  return process.kernels.get(key_of(request, target), [&] {
    KernelInfo info = info_of(request, target);
    const std::string symbol = info.name;
    const CompiledObject object = object_of(request, target, symbol);
    return std::make_shared<const CompiledKernel>(std::move(info), process.loader.load(object.code, symbol), target,
                                                  object.cost);
  });
}

}  // namespace actinide::detail
