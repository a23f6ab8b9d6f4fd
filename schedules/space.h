// The schedules that are worth a try.
#pragma once

#include "schedules/schedule.h"

#include <vector>

namespace actinide {

/// `base` first, then what may be faster while the tensors lie in the caches.
std::vector<Schedule> candidates_in_cache(const Schedule &base);

/// `base` first, then what may be faster when they come from memory. Among them some stream, which not every kernel
/// can.
std::vector<Schedule> candidates_from_memory(const Schedule &base);

}  // namespace actinide
