// Work in a process of its own.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <functional>

namespace actinide::speed {

/// What `work` gives in a copy of this process, which must have one thread. Throws UserError where it failed: the copy
/// has told why.
nlohmann::json in_child(const std::function<nlohmann::json()> &work);

}  // namespace actinide::speed
