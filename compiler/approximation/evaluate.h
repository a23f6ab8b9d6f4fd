// Exact expression -> numeric program: each operation becomes its approximation in the type and accuracy asked for.
#pragma once

#include "approximation/precision.h"
#include "approximation/program.h"
#include "expression/expression.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace actinide {

/// What a kernel computes for one element, exactly.
struct SymbolicKernel {
  std::vector<std::string> inputs;
  std::vector<std::string> parameters;  ///< arguments of the kernel; the others have been substituted
  std::vector<std::pair<std::string, Expr>> outputs;
  std::set<std::string> positive = {};  ///< of the parameters
  /// Inputs and outputs that aren't rounded to the dtype: what a reduction has gathered so far. Each is as many f64
  /// words as the kernel computes with (words_of_wide), named as by word_name.
  std::set<std::string> wide = {};
  /// Inputs and outputs that have a dtype of their own: numbers that one step of a kernel leaves for the next.
  std::map<std::string, DType> own = {};
  /// Evaluated term by term, with nothing looked up and NaN wherever the arithmetic has it.
  bool as_it_stands = false;
};

/// The words of a wide number, the most significant first.
std::size_t words_of_wide(Precision precision);
std::string word_name(const std::string &name, std::size_t word);

/// What is known better of results of 16 bits than arithmetic sees.
struct Corrections {
  /// Elements of the only input whose results come from the reference, as long as the parameters have these values.
  std::span<const std::uint16_t> inputs = {};
  std::vector<double> parameters = {};
  /// Where the first holds, the second is the first output.
  std::optional<std::pair<Expr, Expr>> instead = {};
};

/// The program that evaluates `kernel` (in stable form, see simplify/) with inputs and outputs of the given dtypes.
///
/// Guarantees whatever the expression: NaN in an input that an output depends on gives NaN; at an infinite input the
/// limit, where the parameters are bound (elsewhere what the stable form gives); the sign of zero of an odd function;
/// subnormal results by gradual underflow (in plain f32 a subnormal result may be flushed where an intermediate result
/// leaves the range). No instruction depends on the floating-point
/// environment beyond round-to-nearest.
Program build_program(const SymbolicKernel &kernel, DTypes dtypes, Precision precision,
                      const Corrections &corrections = {});

/// What Compute::f64_then_pair computes first: numbers of f64 with a relative error below 2^-kSureBits, but where kOpen
/// (chain.h) says otherwise or nothing is left of the difference in f32.
constexpr int kSureBits = 40;
Program program_before_pairs(const SymbolicKernel &kernel, DTypes dtypes);

}  // namespace actinide
