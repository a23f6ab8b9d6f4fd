// Object code -> code that runs wherever it is put.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace actinide {

/// Code and constants of a few functions. It refers to nothing but itself, by distances: its bytes can be kept in a
/// file and put at the begin of any page.
struct CodeImage {
  std::string bytes;
  std::vector<std::uint32_t> functions;  ///< where they begin
};

/// The functions `symbols` of `object`, an object file in ELF.
CodeImage make_image(const std::vector<char> &object, const std::vector<std::string> &symbols);

}  // namespace actinide
