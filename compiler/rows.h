// Softmax and its relatives: activations of a whole row.
//
// With u the definition's body, M the largest u of a row and e_j = exp(u_j - M), all are made of two sums: the number
// of elements with u_j = M, each of which has e_j = 1, and the sum of the other e_j. Kept apart, nothing is lost where
// one element dominates: log of the sum is M + log1p(count - 1 + rest), and 1 - p of a largest element is (count - 1 +
// rest) / sum.
//
// Infinities: elements of +infinity share the row, the others get 0. A row of -infinity alone has no largest element
// above the lowest finite number, so its count is 0: softmax gives 0 there (attention masks rows in that way),
// log_softmax and logsumexp give -infinity, every gradient is 0. NaN makes the whole row NaN.
#pragma once

#include "symbolic_kernel.h"

#include <optional>
#include <string>

namespace actinide {

struct KernelRequest;

/// Why the pass isn't defined for a row activation; nothing if it is.
std::optional<std::string> row_reason_undefined(const KernelRequest &request);

SymbolicSteps row_kernel(const KernelRequest &request);

}  // namespace actinide
