// Numbers of a dtype as text, and elements of tensors as numbers.
#pragma once

#include "vocabulary.h"

#include <cstddef>
#include <string>

namespace actinide::cli {

/// The fewest digits that read back as the same number of the dtype. The sign of a NaN means nothing.
std::string number_text(double value, DType dtype);

/// The number of the dtype that is nearest to `text`. Throws UserError, whose text begins with `where`, if it is none.
double parse_number(const std::string &text, DType dtype, const std::string &where);

/// Element i of a tensor.
double get_element(const std::byte *data, DType dtype, std::size_t i);
void set_element(std::byte *data, DType dtype, std::size_t i, double value);

}  // namespace actinide::cli
