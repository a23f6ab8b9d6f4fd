// Programs one after the other: a function, and what lies between its numbers and the tensors that hold them.
#pragma once

#include "approximation/program.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actinide {

/// `first`, then `second`: a tensor of `second` that is called as an output of `first` is that output. The outputs are
/// those of `second`. Their parameters are the same, unless one has none.
Program chain(const Program &first, const Program &second);

/// How a tensor holds an input or output of a function.
struct Storage {
  DType dtype;
  std::optional<Tensor> addend =
      {};  ///< another tensor, added to the input before the function, to the output after it
};

/// The function over tensors that are stored otherwise, by their names; those that aren't named stay as they are. What
/// is stored narrower than the function's numbers is widened, and rounded after the function; a sum is rounded once,
/// to the function's type.
Program stored(const Program &function, const std::map<std::string, Storage> &tensors);

/// The name of a last output that isn't 0 where the others can't be relied on.
constexpr std::string_view kOpen = "open";
/// `usual`, but where its output kOpen says so `sure`; both take the same tensors and parameters, and give the same
/// other outputs.
Program either(const Program &usual, const Program &sure);
/// `program`, whose outputs are f64 numbers with a relative error of less than 2^-bits, but kOpen: they are rounded to
/// `results`, and kOpen where such an error leaves open which number is the nearest. A zero, an infinity or NaN leaves
/// nothing open.
Program rounded_if_clear(const Program &program, const std::vector<Output> &results, int bits);

}  // namespace actinide
