#include "bench/workload.h"

#include "bench/contenders.h"
#include "error.h"

#include <algorithm>

namespace actinide::bench {
namespace {

// The first buffer that the function itself reads; those before it only multiply.
std::size_t first_argument(const KernelRequest &request, const KernelInfo &info) {
  const std::string name = request.pass == Pass::backward_from_output ? "y"
                           : !request.packed_name.empty()             ? request.packed_name
                                                                      : request.definition.inputs[0];
  const auto found = std::ranges::find(info.inputs, name);
  internal_check(found != info.inputs.end(), "{} has no input {}", info.name, name);
  return static_cast<std::size_t>(found - info.inputs.begin());
}

}  // namespace

Workload::Workload(const std::string &text, const KernelRequest &request, const Compiler &compiler,
                   const std::vector<std::size_t> &sizes, std::size_t columns, speed::Distribution distribution)
    : request_(request),
      kernel_(
          compiler.kernel(text, request.pass, request.dtypes, {.tier = request.tier, .schedule = request.schedule})),
      columns_(columns) {
  const KernelInfo &info = kernel_.info();
  for (const std::size_t size : sizes) extents(size);
  const std::size_t largest = std::ranges::max(sizes);
  const std::size_t argument = first_argument(request, info);
  std::vector<speed::TensorPlan> plans;
  for (std::size_t i = 0; i < info.layouts.size(); ++i) {
    const speed::Distribution numbers = i >= info.inputs.size() ? speed::Distribution::zero
                                        : i < argument          ? speed::Distribution::normal
                                                                : distribution;
    plans.push_back({info.layouts[i].dtype, elements(info.layouts[i], extents(largest)), numbers});
  }
  const bool from_output = request.pass == Pass::backward_from_output;
  if (from_output) plans.push_back({info.dtypes.inputs, plans[argument].elements, distribution});
  tensors_.emplace(plans);
  buffers_ = tensors_->buffers();
  if (from_output) fill_outputs_of_forward(text, compiler, largest);
}

// y isn't any number: it is what the activation makes of the x that follows the kernel's own tensors.
void Workload::fill_outputs_of_forward(const std::string &text, const Compiler &compiler, std::size_t size) const {
  const Kernel forward = compiler.kernel(text, Pass::forward, request_.dtypes, {.tier = request_.tier});
  kernel_contender(forward, {buffers_.back(), buffers_[first_argument(request_, kernel_.info())]}, extents(size)).run();
}

Extents Workload::extents(std::size_t size) const {
  const KernelInfo &info = kernel_.info();
  constexpr std::size_t most = std::size_t{1} << 52;  // so that no number of bytes overflows
  if (size > most) user_error("{} elements are more than any memory holds; see --size", size);
  if (has_one_extent(info.shape)) return {1, 1, size};
  if (size % columns_ != 0)
    user_error("{} has rows of {} elements, of which {} is no multiple; see --size and --columns", info.name, columns_,
               size);
  if (info.shape == ShapeClass::channel) return channels(size / columns_, columns_, 1);
  return rows(size / columns_, columns_);
}

}  // namespace actinide::bench
