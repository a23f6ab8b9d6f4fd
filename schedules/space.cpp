#include "schedules/space.h"

#include <algorithm>

namespace actinide {
namespace {

void add(std::vector<Schedule> &candidates, const Schedule &schedule) {
  if (std::ranges::find(candidates, schedule) == candidates.end()) candidates.push_back(schedule);
}

}  // namespace

std::vector<Schedule> candidates_in_cache(const Schedule &base) {
  std::vector<Schedule> candidates = {base};
  for (const int vectors : {1, 2, 3, 4, 6, 8}) {
    Schedule schedule = base;
    schedule.vectors = vectors;
    add(candidates, schedule);
  }
  return candidates;
}

std::vector<Schedule> candidates_from_memory(const Schedule &base) {
  std::vector<Schedule> candidates = {base};
  for (const std::uint64_t stream : {std::uint64_t{0}, kStreamBytes})
    for (const int prefetch : {0, 512, 2048}) {
      Schedule schedule = base;
      schedule.stream = stream;
      schedule.prefetch = prefetch;
      add(candidates, schedule);
    }
  return candidates;
}

}  // namespace actinide
