#include "approximation/coefficients.h"

#include "error.h"

namespace actinide {

const Coefficients &coefficients(Table table, Precision precision) {
  for (const Coefficients &row : all_coefficients())
    if (row.table == table && row.compute == precision.compute && row.bits >= precision.bits) return row;
  throw InternalError(fmt::format("no coefficients of table {} for compute type {} are exact to 2^-{}",
                                  static_cast<int>(table), static_cast<int>(precision.compute), precision.bits));
}

}  // namespace actinide
