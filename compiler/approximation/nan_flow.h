// What is NaN because an input is.
#pragma once

#include "approximation/builder.h"

namespace actinide {

/// Whether `value` is NaN wherever `source` is, as far as the instructions in between tell, for themselves: a product
/// is NaN with either factor, a comparison with NaN is false, a select by it takes its other arm.
bool is_nan_with(const Builder &builder, ValueId source, ValueId value);

}  // namespace actinide
