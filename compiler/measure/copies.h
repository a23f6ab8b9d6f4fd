// What any kernel must do at least: read its inputs and write its outputs.
#pragma once

#include <cstddef>

namespace actinide::speed {

/// Reads `bytes` of each input and writes as many of each output, rounded up to kCopyGrain. Buffers are aligned to
/// that.
using Copy = void (*)(void *const *buffers, std::size_t bytes);
inline constexpr std::size_t kCopyGrain = 32;

/// The copy with this many inputs and outputs. Every output gets the xor of the inputs, so that each byte is read: with
/// one of each, that is a copy; without outputs, it only reads. `streaming`: stores that bypass the caches. Null if
/// there is none with so many. Throws UserError where the CPU has no AVX2.
Copy copy_of(std::size_t inputs, std::size_t outputs, bool streaming);

}  // namespace actinide::speed
