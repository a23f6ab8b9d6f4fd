// From the shapes of arrays to the extents of a kernel's tensors, and back.
#pragma once

#include "actinide/jit.h"

#include <cstddef>
#include <span>
#include <vector>

namespace actinide::cli {

using ArrayShape = std::vector<std::size_t>;

/// The extents of a call whose last inputs, those of the definition, are arrays of these shapes. Rows run along the
/// last axis. Channels are the second axis, if it has as many elements as there are channels, else the last. Throws
/// UserError where the shapes don't fit each other.
Extents extents_of(const KernelInfo &info, std::span<const ArrayShape> arguments);

/// The shape of the buffer number `buffer` (inputs, then outputs), where the first of the definition's tensors has the
/// shape `first`.
ArrayShape shape_of(const KernelInfo &info, std::size_t buffer, const Extents &extents, std::size_t first_argument,
                    const ArrayShape &first);

}  // namespace actinide::cli
