// What a row of the table says in the language, as expressions over the inputs of a request.
#pragma once

#include "expression/expression.h"
#include "symbolic_kernel.h"

#include <optional>
#include <string>
#include <string_view>

namespace actinide {

struct KernelRequest;

/// A text of the row over its input and parameters, those that are compiled in replaced, and over `y` where that is
/// given. Of a gated row the input is the gate.
Expr parse_row_text(const KernelRequest &request, std::string_view text, const std::optional<Expr> &y = {});

/// The row's own text for a derivative, where it has one: that of its only input, or of the gate, times what is gated.
std::optional<Expr> derivative_of_row(const KernelRequest &request, std::string_view text, const std::string &input);

/// In kernels of 16 bits the outputs of `forward`, moved off ties where the row says how (Activation::off_ties).
SymbolicKernel off_ties(const KernelRequest &request, SymbolicKernel kernel);

}  // namespace actinide
