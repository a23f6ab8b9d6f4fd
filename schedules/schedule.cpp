#include "schedules/schedule.h"

#include "error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

namespace actinide {
namespace {

/// Calls `visit(name, member, least, most)` for every field.
template <typename Visit>
void for_each_field(const Visit &visit) {
  visit("vectors", &Schedule::vectors, 1, 16);
  visit("prefetch", &Schedule::prefetch, 0, 1 << 16);
  visit("stream", &Schedule::stream, std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max());
  visit("block_threads", &Schedule::block_threads, 32, 1024);
  visit("multiprocessor_blocks", &Schedule::multiprocessor_blocks, 0, 1024);
}

template <typename Number>
Number parsed(std::string_view name, std::string_view text, Number least, Number most) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most)
    throw UserError(
        fmt::format("the schedule's '{}' is a whole number from {} to {}, not '{}'", name, least, most, text));
  return number;
}

void change(Schedule &schedule, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  const std::string_view name = assignment.substr(0, equals);
  std::vector<std::string_view> known;
  bool found = false;
  for_each_field([&](const char *field, auto member, auto least, auto most) {
    known.push_back(field);
    if (name != field || equals == assignment.npos) return;
    found = true;
    schedule.*member = parsed(name, assignment.substr(equals + 1), least, most);
  });
  if (!found)
    throw UserError(fmt::format("a schedule is written like 'vectors=2,stream=0', with the fields {}, not '{}'",
                                fmt::join(known, ", "), assignment));
}

/// Measured on an H200 at 2^28 elements (docs/cuda.md). Where memory is the limit, as many threads as there are loads
/// keep it busiest. Where instructions are, all warps would load and then all would compute; threads that load ahead in
/// a loop do both at once, in so many blocks that the last ones to end matter little.
Schedule default_cuda_schedule(const ScheduleFacts &facts) {
  constexpr double slots_per_byte = 5;
  Schedule schedule{.vectors = 1, .block_threads = 128, .multiprocessor_blocks = 0};
  if (facts.cuda_slots <= slots_per_byte * static_cast<double>(facts.element_bytes)) return schedule;
  // Registers suffice for 8 elements at once of one tensor, or 4 of 8 bytes, and their independent chains hide the
  // latency. With so few in 16 bytes, the loop gains nothing more.
  const bool f64 = facts.widest_bytes == 8;
  if (f64 || (facts.inputs == 1 && facts.widest_bytes == 4)) schedule.vectors = 2;
  if (!f64) schedule.multiprocessor_blocks = 128;
  return schedule;
}

}  // namespace

Schedule default_schedule(const ScheduleFacts &facts) {
  if (facts.cuda) return default_cuda_schedule(facts);
  // Four chains of fma hide their latency. A wide kernel has them with fewer elements. Pairs need two registers for
  // each, for which 16 don't suffice.
  constexpr int chains = 4, many_registers = 32;
  const int at_once = facts.registers >= many_registers ? chains : chains / facts.numbers;
  Schedule schedule{.vectors = std::max(1, at_once / facts.width)};
  // A line that is written without having been read saves a third of the traffic of one input and one output. Kernels
  // that compute for longer than memory takes gain nothing. The threshold is twice the largest slice of a last-level
  // cache that a core of today has near.
  constexpr double memory_bytes = 16;  // in a nanosecond, to and from memory, for one core
  const bool bound_by_memory = facts.nanoseconds * memory_bytes < 2 * static_cast<double>(facts.element_bytes);
  if (facts.can_stream && bound_by_memory) schedule.stream = kStreamBytes;
  return schedule;
}

std::vector<std::pair<std::string, std::uint64_t>> fields_of(const Schedule &schedule) {
  std::vector<std::pair<std::string, std::uint64_t>> fields;
  for_each_field([&](const char *name, auto member, auto least, auto) {
    if (schedule.*member >= least) fields.emplace_back(name, static_cast<std::uint64_t>(schedule.*member));
  });
  return fields;
}

std::string to_text(const Schedule &schedule) {
  std::vector<std::string> parts;
  for (const auto &[name, value] : fields_of(schedule)) parts.push_back(fmt::format("{}={}", name, value));
  return fmt::format("{}", fmt::join(parts, ","));
}

Schedule with_changes(const Schedule &base, std::string_view text) {
  Schedule schedule = base;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    change(schedule, text.substr(0, comma));
    if (comma != text.npos && comma + 1 == text.size()) throw UserError("a schedule doesn't end with a comma");
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
  }
  constexpr int warp = 32;
  if (schedule.block_threads % warp != 0)
    throw UserError(fmt::format("the schedule's 'block_threads' is a multiple of {}, whole warps, not {}", warp,
                                schedule.block_threads));
  return schedule;
}

}  // namespace actinide
