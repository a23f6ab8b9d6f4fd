// Softmax and its relatives: activations of a whole row.
//
// With u the definition's body, M the largest u of a row and e_j = exp(u_j - M), all are made of two sums: the number
// of elements with u_j = M, each of which has e_j = 1, and the sum of the other e_j. Kept apart, nothing is lost where
// one element dominates: log of the sum is M + log1p(count - 1 + rest), and 1 - p of a largest element is (count - 1 +
// rest) / sum.
//
// Where a tier leaves room for a few roundings, a row's elements compute in the type that they have, and only its sums
// in more digits. There u_j - M would have to be rounded, and e_j would lose what that is too large by. So e_j is
// exp(u_j - shift) / 2^exponent: the shift is 0 if M is small, else M, from which all that counts is subtracted exactly
// (Sterbenz), and the integer `exponent` makes the largest e_j about 2^60, so that none which counts is subnormal. The
// reduction of exp's argument takes care of both, and nothing is rounded but what exp rounds anyway.
//
// Softmax of f32 and f64 then leaves the e_j in y, sums and scales them there: a row that y holds is near, and to read
// it twice more costs less than each exponential a second time.
//
// Infinities: elements of +infinity share the row, the others get 0. A row of -infinity alone has no largest element
// above the lowest finite number, so its sum is 0: softmax gives 0 there (attention masks rows in that way),
// log_softmax and logsumexp give -infinity, every gradient is 0. NaN makes the whole row NaN: every sum shows it.
#pragma once

#include "symbolic_kernel.h"

#include <optional>
#include <string>

namespace actinide {

struct KernelRequest;

/// Why the pass isn't defined for a row activation; nothing if it is.
std::optional<std::string> row_reason_undefined(const KernelRequest &request);

/// Whether an error of each element's exponential, relative to it, is one of the result: no sum of them cancels.
bool row_keeps_digits_in_plain(const KernelRequest &request);

/// How the elements of a row are computed, and where.
struct RowSetting {
  /// In the type of the numbers, and only sums in more.
  bool plain = false;
  /// A step may read what an earlier one has written, which is near.
  bool rereads = false;
};

SymbolicSteps row_kernel(const KernelRequest &request, RowSetting setting = {});

}  // namespace actinide
