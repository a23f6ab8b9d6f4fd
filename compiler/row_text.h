// What a row of the table says in the language, as expressions over the inputs of a request.
#pragma once

#include "expression/expression.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace actinide {

struct KernelRequest;

/// A text of the row over its input and parameters, those that are compiled in replaced, and over `output` if that has
/// a name. Of a gated row the input is the gate.
Expr parse_row_text(const KernelRequest &request, std::string_view text, const std::string &output = {});

/// The row's own text for a derivative, where it has one: that of its only input, or of the gate, times what is gated.
std::optional<Expr> derivative_of_row(const KernelRequest &request, std::string_view text, const std::string &input);

/// Where a kernel of 16 bits computes something else for y, and what (Activation::off_ties).
std::optional<std::pair<Expr, Expr>> off_ties(const KernelRequest &request);

}  // namespace actinide
