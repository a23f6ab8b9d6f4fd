// NumPy's .npy files, format versions 1 to 3: arrays of f4 and f8, little endian, C order.
#pragma once

#include "vocabulary.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace actinide::cli {

struct NpyArray {
  DType dtype;
  std::vector<std::size_t> shape;
  std::vector<std::byte> data;  ///< elements in C order

  std::size_t size() const { return data.size() / size_of(dtype); }
};

/// Throws UserError with one line that names the file, what is wrong with it, and what would be right.
NpyArray read_npy(const std::filesystem::path &file);

/// Writes a whole file or none: an existing one is replaced at the end, at once.
void write_npy(const std::filesystem::path &file, const NpyArray &array);

/// A shape as NumPy writes it: `()`, `(3,)`, `(3, 4)`.
std::string shape_text(const std::vector<std::size_t> &shape);

}  // namespace actinide::cli
