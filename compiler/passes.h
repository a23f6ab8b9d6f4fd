// What each pass computes of a definition: which tensors go in, and the exact function of each that comes out. See
// docs/passes.md.
#pragma once

#include "activations.h"
#include "approximation/evaluate.h"
#include "vocabulary.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace actinide {

struct KernelRequest;

/// The exact functions of a kernel, and the form that the pass gave them.
struct PassKernel {
  SymbolicKernel symbols;
  /// The first inputs, `dy` and the like, which only multiply: with any of them, every output is a sum of products of
  /// them with functions of the other inputs.
  std::vector<std::string> factors = {};

  /// One of several tensors that share a buffer: a part of its rows, or a member of its groups.
  struct Place {
    std::string buffer;
    int index;
  };
  std::map<std::string, Place> places = {};
  /// A tensor that is added to an input before the functions, or to an output after them, with one rounding; no
  /// function reads it.
  struct Addend {
    std::string name;
    std::string to;
  };
  std::vector<Addend> addends = {};
  std::set<std::string> like_output = {};  ///< the tensors that have the dtype of y; others have that of x
  std::set<std::string> per_channel = {};  ///< the inputs that have one value for each channel
  std::map<std::string, Along> sums = {};  ///< the outputs that are summed over the elements of each channel, or all

  /// What those functions are of: x, or y in `backward_from_output`.
  std::vector<std::string> arguments() const;
  /// The outputs with what is added written out, for people.
  SymbolicKernel with_addends() const;
};

/// Why the pass is not defined for the activation, as one line; nothing if it is. A parameter that is an argument of
/// the kernel is not judged: the caller answers for its value.
std::optional<std::string> reason_undefined(const KernelRequest &request);
/// The same for a row whose options have their defaults.
std::optional<std::string> reason_undefined(const Activation &row, Pass pass);

/// The definition with the pass applied, which must be defined for it.
PassKernel apply_pass(const KernelRequest &request);

/// What a caller should know: the values at kinks, or what a parameter must be ("slope >= 0"). A sentence, or empty.
std::string remark_on(const KernelRequest &request);

}  // namespace actinide
