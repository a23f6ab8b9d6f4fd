// "Did you mean ...?"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actinide {

/// The known name closest to `name`, if one is close enough to be meant.
std::optional<std::string> closest_name(std::string_view name, const std::vector<std::string> &known);

}  // namespace actinide
