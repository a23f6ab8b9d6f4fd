#include "jit/compiled_kernel.h"

#include "codegen/module.h"
#include "error.h"
#include "expression/reference.h"
#include "jit/loader.h"
#include "jit/once_cache.h"
#include "call_limits.h"

#include <algorithm>

namespace actinide::detail {
namespace {

std::vector<double> default_values(const KernelInfo &info) {
  std::vector<double> values;
  for (const KernelParameter &parameter : info.parameters) values.push_back(parameter.default_value);
  return values;
}

std::vector<const Constraint *> constraints_of(const KernelInfo &info, const Activation *row) {
  std::vector<const Constraint *> constraints;
  for (const KernelParameter &parameter : info.parameters)
    constraints.push_back(row ? find_constraint(*row, parameter.name) : nullptr);
  return constraints;
}

// A parameter has the type that it has in an emitted library.
double nearest(const Rational &value, DType dtype) {
  return Reference(constant(value), {}).rounded({}, parameter_dtype(dtype));
}

// `target`: its name, or those of all.
KernelInfo info_of(const KernelRequest &request, const std::string &target, bool for_cuda) {
  const KernelSignature signature = signature_of(request);
  check_limits(signature, for_cuda);
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
  for (const std::string &name : signature.parameters)
    info.parameters.push_back({name, nearest(request.definition.find_parameter(name)->default_value, request.dtype)});
  return info;
}

// Two requests with the same key are the same kernel, to the bit.
std::string key_of(const KernelRequest &request, const std::string &target) {
  std::string key = fmt::format("{} {} {} {} {}{} {}", target, to_string(request.pass), to_string(request.dtypes),
                                to_string(request.tier), prefix_of(request.form), request.row ? request.row->name : "",
                                to_text(request.definition));
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
  jit::OnceCache<std::shared_ptr<const CompiledCudaKernel>> cuda_kernels;

  static Process &instance() {
    static auto *process = new Process;
    return *process;
  }
};

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

std::string joined_names(const std::vector<Target> &targets) {
  std::vector<std::string> names;
  for (const Target &target : targets) names.push_back(target.name);
  return fmt::format("{}", fmt::join(names, ","));
}

// What descriptors for CPUs and for CUDA have in common.
template <typename Descriptor>
void describe_buffers(Descriptor &descriptor, const KernelInfo &info) {
  descriptor.abi = ACTINIDE_KERNEL_ABI;
  descriptor.inputs = static_cast<std::uint8_t>(info.inputs.size());
  descriptor.outputs = static_cast<std::uint8_t>(info.outputs.size());
  for (std::size_t i = 0; i < info.layouts.size(); ++i)
    descriptor.element_bytes[i] = static_cast<std::uint8_t>(info.layouts[i].members * size_of(info.layouts[i].dtype));
  descriptor.parameters = static_cast<std::uint16_t>(info.parameters.size());
}

}  // namespace

CompiledKernel::CompiledKernel(KernelInfo face, const Activation *row,
                               const std::vector<actinide_kernel_function> &functions, const Target &target,
                               std::uint32_t cost, std::size_t sum_words)
    : info(std::move(face)),
      defaults(default_values(info)),
      constraints(constraints_of(info, row)),
      variant{info.target.c_str(), target.cpu_features, functions.at(0), sum_words ? functions.at(1) : nullptr},
      descriptor{} {
  describe_buffers(descriptor, info);
  for (std::size_t i = 0; i < info.layouts.size(); ++i) {
    const TensorLayout &layout = info.layouts[i];
    descriptor.layouts[i] = {.along = static_cast<std::uint8_t>(layout.along),
                             .parts = static_cast<std::uint8_t>(layout.parts)};
    descriptor.gathers |= i >= info.inputs.size() && gathers_rows(layout.along);
  }
  descriptor.variant_count = 1;
  descriptor.variants = &variant;
  descriptor.cost = cost;
  descriptor.sum_words = static_cast<std::uint8_t>(sum_words);
  // The only variant runs here (the Compiler has seen to it): nothing is left to choose at the first call.
  descriptor.selected = variant.function;
  descriptor.selected_merge = variant.merge;
}

std::shared_ptr<const CompiledKernel> compiled_kernel(const KernelRequest &request, const Target &target) {
  Process &process = Process::instance();
  return process.kernels.get(key_of(request, target.name), [&] {
    KernelInfo info = info_of(request, target.name, false);
    const std::string symbol = info.name;
    const std::size_t words = sum_words(signature_of(request));
    std::vector<std::string> symbols = {symbol};
    if (words) symbols.push_back(merge_symbol(symbol));
    const CompiledObject object = object_of(request, target, symbol);
    return std::make_shared<const CompiledKernel>(
        std::move(info), request.row, process.loader.load(object.code, symbols), target, object.cost, words);
  });
}

CompiledCudaKernel::CompiledCudaKernel(KernelInfo face, const Activation *row, std::span<const Target> targets,
                                       std::vector<std::string> ptx, std::vector<CudaEntry> entries)
    : info(std::move(face)),
      defaults(default_values(info)),
      constraints(constraints_of(info, row)),
      descriptor{},
      ptx_(std::move(ptx)),
      entries_(std::move(entries)) {
  for (std::size_t i = 0; i < targets.size(); ++i)
    images_.push_back({static_cast<std::uint32_t>(targets[i].compute_capability), ptx_[i].c_str()});
  for (const CudaEntry &entry : entries_)
    entry_table_.push_back({entry.name.c_str(), entry.block_threads, entry.thread_elements, entry.alignment});
  describe_buffers(descriptor, info);
  descriptor.image_count = static_cast<std::uint32_t>(images_.size());
  descriptor.images = images_.data();
  descriptor.entry_count = static_cast<std::uint32_t>(entry_table_.size());
  descriptor.entries = entry_table_.data();
}

std::shared_ptr<const CompiledCudaKernel> compiled_cuda_kernel(const KernelRequest &request) {
  const std::vector<Target> &targets = cuda_targets();
  const std::string names = joined_names(targets);
  return Process::instance().cuda_kernels.get(key_of(request, names), [&] {
    KernelInfo info = info_of(request, names, true);
    const std::string symbol = info.name;
    std::vector<std::string> ptx;
    for (const Target &target : targets) ptx.push_back(cuda_ptx(request, target, symbol));
    return std::make_shared<const CompiledCudaKernel>(std::move(info), request.row, targets, std::move(ptx),
                                                      cuda_entries(request, targets, symbol));
  });
}

}  // namespace actinide::detail
