// What any kernel must do at least: read its inputs and write its outputs.
#pragma once

#include <cstddef>

namespace actinide::speed {

/// Reads `bytes` of each input and writes as many of each output. Buffers are aligned to 32, `bytes` is a multiple.
using Copy = void (*)(void *const *buffers, std::size_t bytes);

/// The copy with this many inputs and outputs. Every output gets the xor of the inputs, so that each byte is read: with
/// one of each, that is a copy. `streaming`: stores that bypass the caches.
Copy copy_of(std::size_t inputs, std::size_t outputs, bool streaming);

}  // namespace actinide::speed
