// What a whole kernel computes, exactly: its tensors, and the steps that make its outputs of them.
#pragma once

#include "approximation/evaluate.h"
#include "lowering/kernel.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace actinide {

/// What a reduction gathers of every element, under a name that later steps read.
struct Gathered {
  enum class How : std::uint8_t {
    sum,
    largest,
    count,       ///< a sum of 0 and 1, from first_count on: f32, too, counts all elements of a row's lane so
    compensated  ///< a sum in the type that is computed in, and by how much it is too large (Kahan, Further remarks on
                 ///< reducing truncation errors, CACM 8, 1965), named as by error_of
  };
  static constexpr int first_count = -(1 << 24);
  std::string name;
  Expr term;
  How how = How::sum;
  /// `largest`: of no elements. Nothing: the lowest finite number, so that infinities differ from it.
  std::optional<double> least = {};
};

std::string error_of(const std::string &sum);

/// One step: outputs, or what is gathered, or what is derived of that, under names that later steps read.
struct SymbolicStep {
  Along along = Along::element;
  std::vector<std::pair<std::string, Expr>> outputs = {};
  std::vector<Gathered> gathered = {};
  std::vector<std::pair<std::string, Expr>> derived = {};
  /// What outputs read of their element: rounded to the type that is computed in, where that isn't the sums'.
  std::vector<std::pair<std::string, Expr>> terms = {};
  /// What is gathered or derived is so in the precision of sums throughout.
  bool exact = false;
};

struct SymbolicSteps {
  ShapeClass shape = ShapeClass::element;
  std::vector<KernelBuffer> buffers = {};  ///< inputs, then outputs
  std::size_t input_buffers = 0;           ///< how many of them are inputs
  std::vector<View> inputs = {};           ///< the tensors that expressions name
  std::vector<View> outputs = {};
  std::vector<std::string> parameters = {};
  std::set<std::string> positive = {};   ///< of the parameters
  std::vector<SymbolicStep> steps = {};  ///< in stable form
  /// What is added to an input before the function reads it, or to an output: `bias` to x, `r` to y. Expressions don't
  /// name the addend, which is an input of the kernel.
  std::map<std::string, std::string> addends = {};
  /// What is summed are results, rounded to the dtype as outputs are.
  bool sums_results = false;
  /// See SymbolicKernel.
  bool as_it_stands = false;
};

/// Step by step: what is gathered or computed along what.
std::string to_text(const SymbolicSteps &kernel);

/// The same with every step as programs of numbers of `dtype`, which the buffers hold in their own. `sums`: the
/// precision of what is gathered, and made of that. Rows that compute in less have it for sums alone: what is largest
/// or derived is a number of the type that is computed in. `corrections`: as in build_program, of what is no reduction.
NumericKernel numeric_kernel(const SymbolicSteps &kernel, DType dtype, Precision precision, Precision sums,
                             const Corrections &corrections = {});

}  // namespace actinide
