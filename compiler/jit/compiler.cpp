#include "actinide/jit.h"

#include "error.h"
#include "jit/compiled_kernel.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace actinide {
namespace {

// Empty stands for the environment's choice, or else the best target of this CPU.
Target chosen_target(const std::string &name) {
  const char *forced = std::getenv("ACTINIDE_TARGET");
  const bool by_environment = name.empty() && forced && *forced;
  if (name.empty() && !by_environment) return host_target();
  Target target = parse_target(by_environment ? forced : name);
  if (target.is_cuda())
    user_error(
        "{} is no CPU's target; Compiler::cuda_elementwise, cuda_shaped and cuda_kernel compile for CUDA, whatever the "
        "Compiler's "
        "target",
        target.name);
  if (!runs_here(target))
    user_error("this CPU does not run {}{}; it runs {} at best", target.name,
               by_environment ? " (ACTINIDE_TARGET)" : "", host_target().name);
  return target;
}

std::shared_ptr<jit::DiskCache> disk_cache(const CompilerOptions &options) {
  if (!options.disk_cache) return nullptr;
  const std::string &directory = options.cache_directory;
  return std::make_shared<jit::DiskCache>(directory.empty() ? jit::default_cache_directory() : directory,
                                          options.cache_bytes);
}

std::string tensor_names(const KernelInfo &info) {
  return fmt::format("{} -> {}", fmt::join(info.inputs, ", "), fmt::join(info.outputs, ", "));
}

std::string parameter_names(const KernelInfo &info) {
  std::vector<std::string> names;
  for (const KernelParameter &parameter : info.parameters) names.push_back(parameter.name);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

// What a kernel makes of a parameter outside its range is not defined: it is refused where that can be said.
void check_parameters(const KernelInfo &info, std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const KernelParameter &parameter = info.parameters[i];
    const double value = values[i];
    if (!std::isfinite(value)) user_error("{}: {} = {} is no finite number", info.name, parameter.name, value);
    if (value < parameter.least || value > parameter.greatest || (parameter.integral && value != std::floor(value)))
      user_error("{}: {} = {} is outside its range: {}", info.name, parameter.name, value, parameter.range);
  }
}

const std::string &tensor_name(const KernelInfo &info, std::size_t i) {
  return i < info.inputs.size() ? info.inputs[i] : info.outputs[i - info.inputs.size()];
}

// The number of elements of every tensor of the call.
std::size_t common_size(const KernelInfo &info, const detail::CallArguments &call) {
  if (call.pointer_count && !call.sized)
    user_error("{}: pass the number of elements after the pointers ({})", info.name, tensor_names(info));
  const std::size_t size = call.sized ? call.size : call.tensors[0].size;
  for (std::size_t i = 0; i < call.tensor_count; ++i) {
    const std::size_t own = call.tensors[i].size;
    if (own != size && own != detail::CallArguments::kBySize)
      user_error("{}: {} has {} elements where {} are expected; all tensors need the same number", info.name,
                 tensor_name(info, i), own, size);
  }
  return size;
}

// Rows and parts have one channel; elements and groups take any extents, for their product.
bool takes(const KernelInfo &info, const Extents &extents) {
  return info.shape == ShapeClass::channel || has_one_extent(info.shape) || extents.channels == 1;
}

// Beyond every size if it doesn't fit.
std::size_t product(const Extents &extents) {
  std::size_t result = extents.outer;
  for (const std::size_t extent : {extents.channels, extents.inner})
    if (__builtin_mul_overflow(result, extent, &result)) return std::numeric_limits<std::size_t>::max();
  return result;
}

void check_extents(const KernelInfo &info, const detail::CallArguments &call, const Extents &extents) {
  if (!takes(info, extents)) user_error("{} takes rows, not {} channels; pass rows(...)", info.name, extents.channels);
  for (std::size_t i = 0; i < call.tensor_count; ++i) {
    const std::size_t own = call.tensors[i].size, expected = elements(info.layouts[i], extents);
    if (own != expected && own != detail::CallArguments::kBySize)
      user_error("{}: {} has {} elements where {} x {} x {} ask for {}", info.name, tensor_name(info, i), own,
                 extents.outer, extents.channels, extents.inner, expected);
  }
}

void check_dtypes(const KernelInfo &info, const detail::CallArguments &call) {
  for (std::size_t i = 0; i < call.tensor_count; ++i) {
    if (call.tensors[i].dtype != info.layouts[i].dtype)
      user_error("{}: {} holds {} where {} is expected", info.name, tensor_name(info, i),
                 to_string(call.tensors[i].dtype), to_string(info.layouts[i].dtype));
  }
}

// `shaped`: what compiles those that aren't.
void check_elementwise(const KernelInfo &info, std::string_view shaped) {
  if (info.shape != ShapeClass::element)
    user_error("{} takes tensors of several shapes; compile it by Compiler::{}, and pass their extents", info.name,
               shaped);
}

// Checks the arguments against the kernel's face and runs it by run(buffers, parameters), which gives a status.
template <typename Run>
void run_checked(const KernelInfo &info, const detail::CallArguments &call, Run &&run) {
  const std::size_t inputs = info.inputs.size();
  if (call.tensor_count != inputs + info.outputs.size())
    user_error("{} takes {} tensors ({}), not {}", info.name, inputs + info.outputs.size(), tensor_names(info),
               call.tensor_count);
  if (call.number_count && call.number_count != info.parameters.size())
    user_error("{} has {} parameters ({}), not {}", info.name, info.parameters.size(), parameter_names(info),
               call.number_count);
  check_dtypes(info, call);
  check_parameters(info, call.numbers.first(call.number_count));
  void *buffers[ACTINIDE_MAX_BUFFERS];
  for (std::size_t i = 0; i < call.tensor_count; ++i) {
    if (i >= inputs && !call.tensors[i].writable)
      user_error("{}: the output {} is read-only; pass non-const elements", info.name, info.outputs[i - inputs]);
    buffers[i] = const_cast<void *>(call.tensors[i].data);
  }
  const int status = run(buffers, call.number_count ? call.numbers.data() : nullptr);
  if (status != ACTINIDE_OK) user_error("{}: {}", info.name, actinide_status_string(status));
}

const double *given_or_default(const double *parameters, const std::vector<double> &defaults) {
  return parameters ? parameters : defaults.data();
}

int run_shaped(const detail::CompiledKernel &compiled, void *const *buffers, const Extents &extents,
               const std::size_t *strides, const double *parameters) {
  const actinide_shape shape = {extents.outer, extents.channels, extents.inner};
  return actinide_shaped_kernel_run(&compiled.descriptor, buffers, &shape, strides,
                                    given_or_default(parameters, compiled.defaults));
}

int launch_shaped(const detail::CompiledCudaKernel &compiled, void *stream, void *const *buffers,
                  const Extents &extents, const std::size_t *strides, const double *parameters) {
  const actinide_shape shape = {extents.outer, extents.channels, extents.inner};
  return actinide_cuda_shaped_kernel_run(&compiled.descriptor, buffers, &shape, strides,
                                         given_or_default(parameters, compiled.defaults), stream);
}

}  // namespace

std::size_t elements(const TensorLayout &layout, const Extents &extents) {
  switch (layout.along) {
    case Along::element:
      return extents.outer * extents.channels * extents.inner * layout.parts * layout.members;
    case Along::channel:
      return extents.channels;
    case Along::row:
      return extents.outer;
    case Along::nothing:
      return 1;
  }
  throw InternalError("elements: no such way along");
}

const KernelInfo &Kernel::info() const noexcept {
  return compiled_->info;
}

int Kernel::run(void *const *buffers, std::size_t n, const double *parameters) const noexcept {
  if (!has_one_extent(compiled_->info.shape)) return ACTINIDE_INVALID_SIZE;
  if (compiled_->descriptor.gathers) return run_shaped(*compiled_, buffers, {1, 1, n}, nullptr, parameters);
  return actinide_kernel_run(&compiled_->descriptor, buffers, n, given_or_default(parameters, compiled_->defaults));
}

int Kernel::run(void *const *buffers, const Extents &extents, const std::size_t *strides,
                const double *parameters) const noexcept {
  const KernelInfo &info = compiled_->info;
  if (!takes(info, extents) || (has_one_extent(info.shape) && strides)) return ACTINIDE_INVALID_SIZE;
  if (has_one_extent(info.shape)) return run(buffers, product(extents), parameters);
  return run_shaped(*compiled_, buffers, extents, strides, parameters);
}

const KernelInfo &CudaKernel::info() const noexcept {
  return compiled_->info;
}

int CudaKernel::launch(void *stream, void *const *buffers, std::size_t n, const double *parameters) const noexcept {
  if (!has_one_extent(compiled_->info.shape)) return ACTINIDE_INVALID_SIZE;
  if (compiled_->descriptor.shaped) return launch_shaped(*compiled_, stream, buffers, {1, 1, n}, nullptr, parameters);
  return actinide_cuda_kernel_run(&compiled_->descriptor, buffers, n, given_or_default(parameters, compiled_->defaults),
                                  stream);
}

int CudaKernel::launch(void *stream, void *const *buffers, const Extents &extents, const std::size_t *strides,
                       const double *parameters) const noexcept {
  const KernelInfo &info = compiled_->info;
  if (!takes(info, extents) || (has_one_extent(info.shape) && strides)) return ACTINIDE_INVALID_SIZE;
  if (has_one_extent(info.shape)) return launch(stream, buffers, product(extents), parameters);
  return launch_shaped(*compiled_, stream, buffers, extents, strides, parameters);
}

void detail::call(const Kernel &kernel, const CallArguments &call) {
  const KernelInfo &info = kernel.info();
  check_elementwise(info, "shaped");
  run_checked(info, call, [&](void *const *buffers, const double *parameters) {
    return kernel.run(buffers, common_size(info, call), parameters);
  });
}

void detail::call(const Kernel &kernel, const Extents &extents, const CallArguments &call, const std::size_t *strides) {
  const KernelInfo &info = kernel.info();
  run_checked(info, call, [&](void *const *buffers, const double *parameters) {
    check_extents(info, call, extents);
    return kernel.run(buffers, extents, strides, parameters);
  });
}

void detail::launch(const CudaKernel &kernel, void *stream, const CallArguments &call) {
  const KernelInfo &info = kernel.info();
  check_elementwise(info, "cuda_shaped");
  run_checked(info, call, [&](void *const *buffers, const double *parameters) {
    return kernel.launch(stream, buffers, common_size(info, call), parameters);
  });
}

void detail::launch(const CudaKernel &kernel, void *stream, const Extents &extents, const CallArguments &call,
                    const std::size_t *strides) {
  const KernelInfo &info = kernel.info();
  run_checked(info, call, [&](void *const *buffers, const double *parameters) {
    check_extents(info, call, extents);
    return kernel.launch(stream, buffers, extents, strides, parameters);
  });
}

Compiler::Compiler(const CompilerOptions &options)
    : target_(std::make_shared<const Target>(chosen_target(options.target))), disk_(disk_cache(options)) {}

const std::string &Compiler::target() const noexcept {
  return target_->name;
}

Kernel Compiler::kernel(std::string_view activation, Pass pass, DTypes dtypes, const KernelOptions &options) const {
  return Kernel(detail::compiled_kernel({activation, pass, dtypes, options.tier, target_->name, options.schedule},
                                        *target_, disk_.get()));
}

std::optional<Kernel> Compiler::find(std::string_view activation, Pass pass, DTypes dtypes,
                                     const KernelOptions &options) const {
  const auto *found = detail::find_kernel({activation, pass, dtypes, options.tier, target_->name, options.schedule},
                                          *target_, disk_.get());
  return found ? std::optional(Kernel(*found)) : std::nullopt;
}

CudaKernel Compiler::cuda_kernel(std::string_view activation, Pass pass, DTypes dtypes,
                                 const KernelOptions &options) const {
  return CudaKernel(
      detail::compiled_cuda_kernel({activation, pass, dtypes, options.tier, {}, options.schedule}, disk_.get()));
}

}  // namespace actinide
