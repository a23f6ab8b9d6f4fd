#include "actinide/dlpack.h"

#include "error.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace actinide {
namespace {

std::optional<DType> dtype_of_tensor(const DLDataType &type) {
  if (type.lanes != 1) return std::nullopt;
  if (type.code == kDLBfloat && type.bits == 16) return DType::bf16;
  if (type.code != kDLFloat) return std::nullopt;
  switch (type.bits) {
    case 16:
      return DType::f16;
    case 32:
      return DType::f32;
    case 64:
      return DType::f64;
    default:
      return std::nullopt;
  }
}

bool on_cpu(const DLTensor &tensor) {
  const DLDeviceType device = tensor.device.device_type;
  return device == kDLCPU || device == kDLCUDAHost || device == kDLCUDAManaged;
}
bool on_cuda(const DLTensor &tensor) {
  const DLDeviceType device = tensor.device.device_type;
  return device == kDLCUDA || device == kDLCUDAManaged;
}

/// Whether its elements can be counted.
bool is_possible(const DLTensor *tensor) {
  if (tensor == nullptr || tensor->ndim < 0 || (tensor->ndim > 0 && tensor->shape == nullptr)) return false;
  std::int64_t count = 1;
  bool fits = true;
  for (const std::int64_t extent : std::span(tensor->shape, static_cast<std::size_t>(tensor->ndim)))
    fits = fits && extent >= 0 && !__builtin_mul_overflow(count, std::max<std::int64_t>(extent, 1), &count);
  return fits;
}

/// A tensor of a call, and how it lies.
struct View {
  const DLTensor *tensor;
  std::string name;  ///< for messages: `softmax_forward_f32: x`

  std::span<const std::int64_t> shape() const { return {tensor->shape, static_cast<std::size_t>(tensor->ndim)}; }
  /// Elements of the dimensions [first, last).
  std::size_t count(std::size_t first, std::size_t last) const {
    std::size_t product = 1;
    for (std::size_t d = first; d < last; ++d) product *= static_cast<std::size_t>(tensor->shape[d]);
    return product;
  }
  std::size_t count() const { return count(0, shape().size()); }

  /// The distance of neighbours if the dimensions [first, last) can be walked as one; empty if they can't. Dimensions
  /// of one element lie anywhere.
  std::optional<std::size_t> distance(std::size_t first, std::size_t last) const {
    std::optional<std::int64_t> next, least;
    for (std::size_t d = last; d-- > first;) {
      if (tensor->shape[d] == 1) continue;
      const std::int64_t stride = tensor->strides ? tensor->strides[d] : std::int64_t(count(d + 1, shape().size()));
      if (stride < 0 || (next && stride != *next)) return std::nullopt;
      if (!least) least = stride;
      next = stride * tensor->shape[d];
    }
    return static_cast<std::size_t>(least.value_or(1));
  }
  bool dense() const { return count() <= 1 || distance(0, shape().size()) == 1; }

  char *data() const { return static_cast<char *>(tensor->data) + tensor->byte_offset; }
};

/// Rows of neighbours, at one distance.
struct Rows {
  std::size_t rows, columns, stride;
};

Rows rows_of(const View &view) {
  const std::size_t dimensions = view.shape().size();
  if (dimensions == 0) return {1, 1, 1};
  const std::size_t columns = view.count(dimensions - 1, dimensions), rows = view.count(0, dimensions - 1);
  const auto along = view.distance(dimensions - 1, dimensions), across = view.distance(0, dimensions - 1);
  if ((columns > 1 && along != 1) || !across)
    user_error("{} isn't made of rows of neighbours at one distance; make it contiguous", view.name);
  return {rows, columns, rows > 1 ? *across : columns};
}

std::vector<View> views(const KernelInfo &info, std::span<const DLTensor *const> tensors,
                        bool (*reachable)(const DLTensor &), std::string_view device) {
  if (tensors.size() != info.layouts.size())
    user_error("{} takes {} tensors, inputs ({}) and outputs ({}), not {}", info.name, info.layouts.size(),
               fmt::join(info.inputs, ", "), fmt::join(info.outputs, ", "), tensors.size());
  std::vector<View> list;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const bool input = i < info.inputs.size();
    const View &view = list.emplace_back(
        tensors[i], fmt::format("{}: {}", info.name, input ? info.inputs[i] : info.outputs[i - info.inputs.size()]));
    if (!is_possible(tensors[i])) user_error("{} is no tensor: null, or of an impossible shape", view.name);
    if (!reachable(*tensors[i])) user_error("{} isn't in memory of {}", view.name, device);
    if (dtype_of_tensor(tensors[i]->dtype) != info.layouts[i].dtype)
      user_error("{} doesn't hold {}", view.name, to_string(info.layouts[i].dtype));
  }
  return list;
}

void require_dense(std::span<const View> list) {
  for (const View &view : list)
    if (!view.dense()) user_error("{} isn't dense; make it contiguous", view.name);
}

/// The arguments of a call, for detail::call and launch.
struct Call {
  std::vector<detail::CallArguments::Tensor> tensors;
  std::vector<double> numbers;

  Call(const KernelInfo &info, std::span<const View> list, std::span<const double> parameters)
      : numbers(parameters.begin(), parameters.end()) {
    for (std::size_t i = 0; i < list.size(); ++i)
      tensors.push_back({list[i].data(), list[i].count(), true, info.layouts[i].dtype});
  }
  detail::CallArguments arguments() {
    return {.tensors = tensors, .numbers = numbers, .tensor_count = tensors.size(), .number_count = numbers.size()};
  }
};

/// The first tensor that has a value for each element.
std::size_t whole_tensor(const KernelInfo &info) {
  const auto whole = std::ranges::find(info.layouts, Along::element, &TensorLayout::along);
  internal_check(whole != info.layouts.end(), "{}: no tensor has a value for each element", info.name);
  return static_cast<std::size_t>(whole - info.layouts.begin());
}

/// Runs a kernel on arguments of these extents, with the distances of the rows or null.
using Run = std::function<void(const Extents &, const detail::CallArguments &, const std::size_t *strides)>;

void call_elementwise(const KernelInfo &info, const Run &run, std::span<const View> list, Call &call) {
  const auto alike = [&](const View &view) { return std::ranges::equal(view.shape(), list[0].shape()); };
  for (std::size_t i = 0; i < list.size(); ++i)
    if (info.layouts[i].along == Along::element && info.layouts[i].members == 1 && !alike(list[i]) &&
        info.shape == ShapeClass::element)
      user_error("{} has another shape than {}", list[i].name, info.inputs[0]);
  if (std::ranges::all_of(list, &View::dense)) {
    const std::size_t whole = whole_tensor(info);
    run(rows(1, list[whole].count() / info.layouts[whole].members), call.arguments(), nullptr);
    return;
  }
  const bool single = std::ranges::all_of(
      info.layouts, [](const TensorLayout &layout) { return layout.along == Along::element && layout.members == 1; });
  if (!single) require_dense(list);
  std::vector<Rows> all;
  for (const View &view : list) {
    const Rows &own = all.emplace_back(rows_of(view));
    if (all.size() > info.inputs.size() && own.rows > 1 && own.stride < own.columns)
      user_error("{}: the rows of {} overlap; give each its own memory", info.name,
                 info.outputs[all.size() - info.inputs.size() - 1]);
  }
  for (std::size_t row = 0; row < all[0].rows; ++row) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      call.tensors[i].data = list[i].data() + row * all[i].stride * size_of(info.layouts[i].dtype);
      call.tensors[i].size = all[i].columns;
    }
    run(rows(1, all[0].columns), call.arguments(), nullptr);
  }
}

void call_rows(const KernelInfo &info, const Run &run, std::span<const View> list, Call &call) {
  std::vector<std::size_t> strides;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool whole = info.layouts[i].along == Along::element;
    if (!whole) require_dense(list.subspan(i, 1));
    strides.push_back(whole ? rows_of(list[i]).stride : 1);
  }
  const std::size_t whole = whole_tensor(info);
  const Rows extents = rows_of(list[whole]);
  run(rows(extents.rows, extents.columns / info.layouts[whole].parts), call.arguments(), strides.data());
}

void call_channels(const KernelInfo &info, const Run &run, std::span<const View> list, Call &call) {
  require_dense(list);
  const View &whole = list[whole_tensor(info)];
  const std::size_t dimensions = whole.shape().size();
  if (dimensions < 2) user_error("{} needs two dimensions at least, batch and channels", whole.name);
  run(channels(whole.count(0, 1), whole.count(1, 2), whole.count(2, dimensions)), call.arguments(), nullptr);
}

void call_of_shape(const KernelInfo &info, const Run &run, std::span<const View> list,
                   std::span<const double> parameters) {
  Call arguments(info, list, parameters);
  switch (info.shape) {
    case ShapeClass::element:
    case ShapeClass::group:
      return call_elementwise(info, run, list, arguments);
    case ShapeClass::split:
    case ShapeClass::row:
      return call_rows(info, run, list, arguments);
    case ShapeClass::channel:
      return call_channels(info, run, list, arguments);
  }
}

}  // namespace

void call(const Kernel &kernel, std::span<const DLTensor *const> tensors, std::span<const double> parameters) {
  const Run run = [&](const Extents &extents, const detail::CallArguments &arguments, const std::size_t *strides) {
    detail::call(kernel, extents, arguments, strides);
  };
  call_of_shape(kernel.info(), run, views(kernel.info(), tensors, on_cpu, "the CPU"), parameters);
}

void launch(const CudaKernel &kernel, void *stream, std::span<const DLTensor *const> tensors,
            std::span<const double> parameters) {
  const Run run = [&](const Extents &extents, const detail::CallArguments &arguments, const std::size_t *strides) {
    detail::launch(kernel, stream, extents, arguments, strides);
  };
  call_of_shape(kernel.info(), run, views(kernel.info(), tensors, on_cuda, "a CUDA device"), parameters);
}

}  // namespace actinide
