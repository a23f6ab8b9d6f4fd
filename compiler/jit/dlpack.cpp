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

/// Elements of these dimensions.
std::size_t product(std::span<const std::int64_t> extents) {
  std::size_t result = 1;
  for (const std::int64_t extent : extents) result *= static_cast<std::size_t>(extent);
  return result;
}

/// A tensor of a call, and how it lies.
struct View {
  const DLTensor *tensor;
  std::string name;  ///< for messages: `softmax_forward_f32: x`

  std::span<const std::int64_t> shape() const { return {tensor->shape, static_cast<std::size_t>(tensor->ndim)}; }
  /// Elements of the dimensions [first, last).
  std::size_t count(std::size_t first, std::size_t last) const { return product(shape().subspan(first, last - first)); }
  std::size_t count() const { return count(0, shape().size()); }

  /// The distance of neighbours if the dimensions [first, last) can be walked as one; empty if they can't. Dimensions
  /// of one element, and tensors of none, lie anywhere.
  std::optional<std::size_t> distance(std::size_t first, std::size_t last) const {
    if (count() == 0) return 1;
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

/// Numbers that a tensor has for each element.
std::size_t numbers_of_element(const TensorLayout &layout) {
  return layout.parts * layout.members;
}

/// The tensor whose shape tells those of the others: of those along the elements the first with the fewest numbers.
std::size_t reference_tensor(const KernelInfo &info) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < info.layouts.size(); ++i) {
    const TensorLayout &layout = info.layouts[i];
    if (layout.along != Along::element) continue;
    if (!best || numbers_of_element(layout) < numbers_of_element(info.layouts[*best])) best = i;
  }
  internal_check(best.has_value(), "{}: no tensor has a value for each element", info.name);
  return *best;
}

/// The shape of a tensor of this layout beside elements of the shape `elements`.
std::vector<std::int64_t> shape_over(std::span<const std::int64_t> elements, const TensorLayout &layout) {
  std::vector<std::int64_t> shape(elements.begin(), elements.end());
  const std::size_t numbers = numbers_of_element(layout);
  switch (layout.along) {
    case Along::element:
      if (numbers == 1) return shape;
      if (shape.empty()) shape.push_back(1);
      shape.back() = static_cast<std::int64_t>(static_cast<std::size_t>(shape.back()) * numbers);
      return shape;
    case Along::channel:
      return {shape.at(1)};
    case Along::row:
      if (!shape.empty()) shape.pop_back();
      return shape;
    case Along::nothing:
      return {};
  }
  throw InternalError("shape_over: no such way along");
}

/// The shape of the kernel's elements; every tensor's is what follows from it.
std::vector<std::int64_t> common_shape(const KernelInfo &info, std::span<const View> list) {
  const std::size_t reference = reference_tensor(info), numbers = numbers_of_element(info.layouts[reference]);
  const View &whole = list[reference];
  std::vector<std::int64_t> elements(whole.shape().begin(), whole.shape().end());
  if (info.shape == ShapeClass::channel && elements.size() < 2)
    user_error("{} needs two dimensions at least, batch and channels", whole.name);
  if (!elements.empty()) elements.back() /= static_cast<std::int64_t>(numbers);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::vector<std::int64_t> expected = shape_over(elements, info.layouts[i]);
    const bool one_number = info.layouts[i].along == Along::nothing && list[i].count() == 1;  // of any rank
    if (!one_number && !std::ranges::equal(list[i].shape(), expected))
      user_error("{} has the shape ({}) where ({}) is expected", list[i].name, fmt::join(list[i].shape(), ", "),
                 fmt::join(expected, ", "));
  }
  return elements;
}

/// Runs a kernel on arguments of these extents, with the distances of the rows or null.
using Run = std::function<void(const Extents &, const detail::CallArguments &, const std::size_t *strides)>;

/// The bytes of a tensor of rows.
struct Memory {
  std::uintptr_t begin, end;
  std::size_t row, distance;

  Memory(const View &view, const Rows &rows, DType dtype)
      : begin(reinterpret_cast<std::uintptr_t>(view.data())),
        row(rows.columns * size_of(dtype)),
        distance(rows.stride * size_of(dtype)) {
    end = begin + (rows.rows - 1) * distance + row;
  }
  friend bool operator==(const Memory &, const Memory &) = default;
};

/// Rows at one distance may lie between each other, as halves of wider rows do. Those of `a` don't overlap each other.
bool overlap(const Memory &a, const Memory &b) {
  if (a.begin >= b.end || b.begin >= a.end) return false;
  if (a.distance != b.distance) return true;
  const std::size_t distance = a.distance;
  const std::size_t into_row =
      a.begin >= b.begin ? (a.begin - b.begin) % distance : (distance - (b.begin - a.begin) % distance) % distance;
  return into_row < b.row || into_row + a.row > distance;
}

/// Rows are computed one after the other: none may be written before another tensor's is read.
void require_own_memory(const KernelInfo &info, std::span<const View> list, std::span<const Rows> rows) {
  std::vector<Memory> memory;
  for (std::size_t i = 0; i < list.size(); ++i) {
    memory.emplace_back(list[i], rows[i], info.layouts[i].dtype);
    if (i < info.inputs.size()) continue;
    const std::string &output = info.outputs[i - info.inputs.size()];
    if (rows[i].rows > 1 && rows[i].stride < rows[i].columns)
      user_error("{}: the rows of {} overlap; give each its own memory", info.name, output);
    for (std::size_t other = 0; other < i; ++other) {
      const bool in_place = other < info.inputs.size() && memory[i] == memory[other];
      if (!in_place && overlap(memory[i], memory[other]))
        user_error("{} overlaps another tensor without being exactly an input; give it its own memory", list[i].name);
    }
  }
}

void call_elementwise(const KernelInfo &info, const Run &run, std::span<const View> list, std::size_t n, Call &call) {
  if (std::ranges::all_of(list, &View::dense)) {
    run(rows(1, n), call.arguments(), nullptr);
    return;
  }
  const bool single = std::ranges::all_of(info.layouts, [](const TensorLayout &layout) {
    return layout.along == Along::element && numbers_of_element(layout) == 1;
  });
  if (!single) require_dense(list);
  std::vector<Rows> all;
  for (const View &view : list) all.push_back(rows_of(view));
  require_own_memory(info, list, all);
  for (std::size_t row = 0; row < all[0].rows; ++row) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      call.tensors[i].data = list[i].data() + row * all[i].stride * size_of(info.layouts[i].dtype);
      call.tensors[i].size = all[i].columns;
    }
    run(rows(1, all[0].columns), call.arguments(), nullptr);
  }
}

void call_rows(const KernelInfo &info, const Run &run, std::span<const View> list, const Extents &extents, Call &call) {
  std::vector<std::size_t> strides;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool whole = info.layouts[i].along == Along::element;
    if (!whole) require_dense(list.subspan(i, 1));
    strides.push_back(whole ? rows_of(list[i]).stride : 1);
  }
  run(extents, call.arguments(), strides.data());
}

void call_of_shape(const KernelInfo &info, const Run &run, std::span<const View> list,
                   std::span<const double> parameters) {
  Call arguments(info, list, parameters);
  const std::vector<std::int64_t> elements = common_shape(info, list);
  const std::span shape(elements);
  const std::size_t last = std::max<std::size_t>(shape.size(), 1) - 1;
  switch (info.shape) {
    case ShapeClass::element:
    case ShapeClass::group:
      return call_elementwise(info, run, list, product(shape), arguments);
    case ShapeClass::split:
    case ShapeClass::row:
      return call_rows(info, run, list, rows(product(shape.first(last)), product(shape.subspan(last))), arguments);
    case ShapeClass::channel:
      require_dense(list);
      return run(channels(product(shape.first(1)), product(shape.subspan(1, 1)), product(shape.subspan(2))),
                 arguments.arguments(), nullptr);
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
