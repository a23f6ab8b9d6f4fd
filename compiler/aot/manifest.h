// The manifest of an emitted library: what it holds, for programs.
#pragma once

#include "aot/archive.h"
#include "aot/plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace actinide::aot {

/// JSON. `objects`: one for each target of the plan, in its order. `costs`: of an element of each kernel, in 1/1024 ns.
std::string manifest_text(const Plan &plan, const std::vector<Member> &objects,
                          const std::vector<std::uint32_t> &costs);

}  // namespace actinide::aot
