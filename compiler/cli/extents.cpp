#include "cli/extents.h"

#include "cli/npy.h"
#include "error.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace actinide::cli {
namespace {

std::size_t product(std::span<const std::size_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::size_t{1}, std::multiplies());
}

// Elements of the last axis that belong to one result of the kernel.
std::size_t together(const TensorLayout &layout) {
  return layout.parts * layout.members;
}

std::size_t last_axis(const ArrayShape &shape) {
  return shape.empty() ? 1 : shape.back();
}

// The axis of the channels.
std::size_t channel_axis(const KernelInfo &info, const ArrayShape &shape, std::size_t channels) {
  if (shape.size() >= 2 && shape[1] == channels) return 1;
  if (!shape.empty() && shape.back() == channels) return shape.size() - 1;
  user_error("{}: {} channels, but neither the second nor the last axis of {} has as many", info.name, channels,
             shape_text(shape));
}

Extents extents_by_channel(const KernelInfo &info, const ArrayShape &shape, std::size_t channels) {
  if (channels == 1) return {1, 1, product(shape)};
  const std::size_t axis = channel_axis(info, shape, channels);
  const std::span<const std::size_t> sizes = shape;
  return {product(sizes.first(axis)), channels, product(sizes.subspan(axis + 1))};
}

// What has a value for each channel may be spread over any axes; all else has the shape that the first argument asks
// for.
void check_argument(const KernelInfo &info, std::size_t input, const ArrayShape &given, const Extents &extents,
                    std::size_t first, const ArrayShape &first_shape) {
  const ArrayShape needed = shape_of(info, input, extents, first, first_shape);
  const bool by_channel = info.layouts[input].along == Along::channel;
  if (by_channel ? product(given) != extents.channels : given != needed)
    user_error("{} is {}, but beside {}, which is {}, {} is needed", info.inputs[input], shape_text(given),
               info.inputs[first], shape_text(first_shape), shape_text(needed));
}

}  // namespace

Extents extents_of(const KernelInfo &info, std::span<const ArrayShape> arguments) {
  const std::size_t first = info.inputs.size() - arguments.size();
  const ArrayShape &shape = arguments[0];
  const std::size_t unit = together(info.layouts[first]), last = last_axis(shape);
  if (last % unit != 0)
    user_error("{}: the last axis of {} {} is no multiple of {}", info.name, info.inputs[first], shape_text(shape),
               unit);
  Extents extents{1, 1, product(shape) / unit};
  if (info.shape == ShapeClass::row || info.shape == ShapeClass::split)
    extents = {shape.empty() ? 1 : product(std::span(shape).first(shape.size() - 1)), 1, last / unit};
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (info.layouts[first + i].along == Along::channel)
      extents = extents_by_channel(info, shape, product(arguments[i]));
  for (std::size_t i = 1; i < arguments.size(); ++i)
    check_argument(info, first + i, arguments[i], extents, first, shape);
  return extents;
}

ArrayShape shape_of(const KernelInfo &info, std::size_t buffer, const Extents &extents, std::size_t first_argument,
                    const ArrayShape &first) {
  const TensorLayout &layout = info.layouts.at(buffer);
  ArrayShape shape = first;
  switch (layout.along) {
    case Along::element:
      if (!shape.empty()) shape.back() = shape.back() / together(info.layouts[first_argument]) * together(layout);
      return shape;
    case Along::channel:
      return {extents.channels};
    case Along::row:
      if (!shape.empty()) shape.pop_back();
      return shape;
    case Along::nothing:
      return {};
  }
  throw InternalError("run: no such way along");
}

}  // namespace actinide::cli
