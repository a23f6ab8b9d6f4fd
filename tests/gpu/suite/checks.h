// What is checked on a device, and what comes of it as JSON.
#pragma once

#include "device.h"
#include "table.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace actinide::gpu {

using Json = nlohmann::ordered_json;

/// What is being done now, for who watches.
void progress(const std::string &line);

struct CorrectnessOptions {
  std::size_t points = 1 << 16;  ///< of a round, for each kernel
  unsigned rounds = 16;          ///< each with other points; types of 16 bits need one for all their values
};
/// Runs every kernel on the CPU and on the device and compares all bytes of the buffers: {kernels, calls, elements,
/// failures: [text]}. Streams, graphs, places, lengths and alignment vary.
Json check_correctness(std::span<const kernel> table, const CorrectnessOptions &options);

/// Calls of a kernel with one input and one output that must be refused with a status, and a right one after each:
/// {calls, failures: [text]}.
Json check_misuse(const kernel &k, const Device &device);

/// 1 / b as kernels divide, for the greatest `count` numbers below 2, at most all above 1, and others of the greatest
/// mantissa: {divisors, failures: [text]}.
Json check_reciprocals(std::size_t count);

struct SpeedOptions {
  std::size_t elements = std::size_t{1} << 28;
  std::size_t few_elements = 4096;  ///< at which the time of a launch shows
  unsigned repetitions = 21;
  unsigned launches = 2000;
};
/// The bandwidth of every element-wise kernel beside that of copies, and the time of a launch: {elements, few_elements,
/// copies:
/// [...], kernels: [...]}.
Json measure_speed(std::span<const kernel> table, const SpeedOptions &options);

}  // namespace actinide::gpu
