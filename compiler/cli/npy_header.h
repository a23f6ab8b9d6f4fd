// The header of a .npy file: a Python dictionary of three entries.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace actinide::cli {

struct NpyHeader {
  std::string descr;  ///< `<f4`
  bool fortran_order = false;
  std::vector<std::size_t> shape;
};

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`. Throws UserError with what is wrong, without the
/// file's name.
NpyHeader parse_npy_header(std::string_view text);

std::string to_text(const NpyHeader &header);

}  // namespace actinide::cli
