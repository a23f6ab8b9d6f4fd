// Object files -> a static library.
#pragma once

#include "codegen/target.h"

#include <string>
#include <vector>

namespace actinide::aot {

struct Member {
  std::string name;  ///< of the object file
  std::vector<char> object;
};

/// The archive with its symbol table. Times, owners and modes are zero, so that equal members give equal bytes.
std::string archive_of(const std::vector<Member> &members, ObjectFormat format);

}  // namespace actinide::aot
