// The instructions that compute a register from registers: what each takes, and what it does.
#pragma once

#include "tests/ptx/types.h"

#include <string>
#include <string_view>
#include <vector>

namespace actinide::ptx {

/// Reads the slots operands[1], operands[2], ... and writes slot operands[0].
using Compute = void (*)(std::uint64_t *slots, const std::uint32_t *operands);

struct Operation {
  std::string name;         ///< with all its modifiers: `add.rn.f32`
  std::vector<Type> types;  ///< of the result, then of the operands
  Compute compute;
};

/// The operation spelled exactly so; null if there is none, be it for a single modifier.
const Operation *find_operation(std::string_view name);

/// How a result that is NaN looks. PTX leaves open which NaN arithmetic gives; a kernel must not look into it. So the
/// interpreter's has another sign and other bits than a CPU's.
template <typename Float>
constexpr Float canonical_nan() {
  if constexpr (sizeof(Float) == 4) {
    return std::bit_cast<float>(std::uint32_t{0x7fffffff});
  } else {
    return std::bit_cast<double>(std::uint64_t{0x7fffffffffffffff});
  }
}

}  // namespace actinide::ptx
