// NumPy's .npy files, format versions 1 to 3: arrays of f2, f4 and f8, little endian, C order. NumPy has no bf16: its
// bit patterns are u2.
#pragma once

#include "cli/number.h"
#include "vocabulary.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace actinide::cli {

struct NpyArray {
  DType dtype;
  std::vector<std::size_t> shape;
  std::vector<std::byte> data;  ///< elements in C order

  std::size_t size() const { return data.size() / size_of(dtype); }
  double get(std::size_t i) const { return get_element(data.data(), dtype, i); }
  void set(std::size_t i, double value) { set_element(data.data(), dtype, i, value); }
};

/// Throws UserError where no memory could hold it.
NpyArray zeros(DType dtype, const std::vector<std::size_t> &shape);

/// `wanted`: what bit patterns of 16 bits mean; without it they are no numbers. Throws UserError with one line that
/// names the file, what is wrong with it, and what would be right.
NpyArray read_npy(const std::filesystem::path &file, std::optional<DType> wanted = {});

/// Writes a whole file or none: an existing one is replaced at the end, at once. A symbolic link stays, the file that
/// it leads to is written.
void write_npy(const std::filesystem::path &file, const NpyArray &array);

/// A shape as NumPy writes it: `()`, `(3,)`, `(3, 4)`.
std::string shape_text(const std::vector<std::size_t> &shape);

}  // namespace actinide::cli
