#include "kernel_functions.h"

#include "lowering/blocks.h"

#include <fmt/format.h>

namespace actinide {
namespace {

// Names of functions begin with the kernel's symbol: `gelu_forward_f32__elements`.
std::vector<KernelFunction> functions_of_cpu(const Target &target, const BlockKernels &kernels,
                                             const Schedule &schedule, int lanes) {
  std::vector<KernelFunction> functions = {{.suffix = "", .lowered = lower(kernels.blocks, schedule, lanes)}};
  if (!kernels.merge.steps.empty())
    functions.push_back(
        {.suffix = merge_symbol(""), .lowered = lower(kernels.merge, schedule, target.lanes(sizeof(double)))});
  return functions;
}

class CudaFunctions {
 public:
  explicit CudaFunctions(const Schedule &schedule) : schedule_(schedule) {}

  /// The functions of a kernel whose parts follow those that are there.
  void add(const NumericKernel &kernel, int lanes, int bytes) {
    Schedule one_by_one = schedule_;
    one_by_one.vectors = 1;
    const LoweredKernel wide = lower(kernel, schedule_, lanes), narrow = lower(kernel, one_by_one, 1);
    const std::size_t parts = wide.bodies[0].parts.size();
    for (std::size_t part = 0; part < parts; ++part, ++part_)
      for (std::size_t body = 0; body < wide.bodies.size(); ++body) {
        // Neighbours in a group are loaded one by one anyway, and so is what is reduced.
        const bool by_vectors = wide.bodies[body].parts[part].gives_elements && kernel.shape != ShapeClass::group;
        if (by_vectors) add(wide, body, part, "", lanes, lanes * bytes);
        add(narrow, body, part, by_vectors ? "__elements" : "", 1, bytes);
      }
  }

  std::vector<KernelFunction> all() && { return std::move(functions_); }

 private:
  void add(const LoweredKernel &whole, std::size_t body, std::size_t part, std::string suffix, int lanes,
           int alignment) {
    const LoweredBody &from = whole.bodies[body];
    if (from.inner_is_one) suffix = "__inner_is_one" + suffix;
    if (part_ > 0) suffix = fmt::format("__part{}{}", part_ + 1, suffix);
    functions_.push_back({suffix, whole, lanes, alignment, part_});
    functions_.back().lowered.bodies = {{.parts = {from.parts[part]}, .inner_is_one = from.inner_is_one}};
  }

  const Schedule schedule_;
  std::uint32_t part_ = 0;
  std::vector<KernelFunction> functions_;
};

}  // namespace

std::vector<KernelFunction> kernel_functions(const KernelRequest &request, const Target &target,
                                             const NumericKernel &kernel, const Schedule &schedule) {
  const BlockKernels kernels = sums_everything(kernel) ? by_blocks(kernel) : BlockKernels{kernel, {}};
  const int bytes = static_cast<int>(widest_size(request.dtypes));
  int lanes = target.lanes(bytes);
  if (!target.is_cuda()) return functions_of_cpu(target, kernels, schedule, lanes);
  // Eight elements of each of many tensors are more than a thread's registers hold.
  constexpr std::size_t many = 6;
  if (bytes == 2 && kernel.inputs.size() + kernel.outputs.size() >= many) lanes /= 2;
  CudaFunctions functions(schedule);
  functions.add(kernels.blocks, lanes, bytes);
  if (!kernels.merge.steps.empty()) functions.add(kernels.merge, 1, sizeof(double));
  return std::move(functions).all();
}

}  // namespace actinide
