#include "checks.h"
#include "points.h"

#include <actinide/runtime.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <random>

namespace actinide::gpu {
namespace {

constexpr std::size_t guard_bytes = 256;
/// Of a call in place, the longest but for those on all points.
constexpr std::size_t few_points = 4099;
constexpr std::size_t longest_shift = 16;
constexpr std::uint64_t seed = 20240229;
/// A failing kernel is told once for each of so many calls.
constexpr std::size_t most_failures = 20;

enum class Way { default_stream, stream, graph };
constexpr std::array<const char *, 3> names_of_ways = {"the default stream", "a stream", "a graph"};

using Extents = std::array<std::size_t, MAX_EXTENTS>;

struct Call {
  Extents extents;
  std::uint64_t seed;
  std::size_t shift = 0;            ///< elements by which every buffer misses alignment
  unsigned in_place = MAX_BUFFERS;  ///< the input that output 0 is, if there is such an input
  Way way = Way::stream;
};

/// One kernel's buffers on both sides, each in an area of its own between guards.
class Areas {
 public:
  /// For calls of these extents at most.
  Areas(const kernel &k, const Extents &most) : kernel_(k) {
    for (unsigned b = 0; b < count(); ++b) {
      host_.emplace_back(2 * guard_bytes + (element_count(&k, b, most.data()) + longest_shift) * k.element.bytes);
      device_.push_back(std::make_unique<Memory>(host_.back().size()));
    }
  }

  /// The first difference between what CPU and device leave in the areas; empty if there is none.
  std::string compare(const Call &call, const std::vector<double> &parameters) {
    fill(call);
    for (unsigned b = 0; b < count(); ++b) device_[b]->upload(host_[b]);
    const int cpu = kernel_.cpu(places(call, false).data(), call.extents.data(), parameters.data(), nullptr);
    if (cpu != ACTINIDE_OK) return fmt::format("the CPU's status is {}", actinide_status_string(cpu));
    const int cuda = run_on_device(call, parameters);
    if (cuda != ACTINIDE_OK) return fmt::format("the status is {}", actinide_status_string(cuda));
    for (unsigned b = 0; b < count(); ++b)
      if (const std::string difference = difference_in(b, call); !difference.empty()) return difference;
    return "";
  }

 private:
  unsigned count() const { return kernel_.inputs + kernel_.outputs; }
  std::size_t begin(const Call &call) const { return guard_bytes + call.shift * kernel_.element.bytes; }

  void fill(const Call &call) {
    for (unsigned b = 0; b < count(); ++b) {
      std::ranges::fill(host_[b], static_cast<unsigned char>(0xA5));
      if (b >= kernel_.inputs) continue;
      // Other places in the points for short calls of another seed, too.
      const std::size_t n = element_count(&kernel_, b, call.extents.data());
      const std::size_t first = n < MOST_POINTS ? call.seed * 97 % (MOST_POINTS - n) : 0;
      for (std::size_t i = 0; i < n; ++i) {
        std::uint64_t bits = point(kernel_.element, b, (first + i) % MOST_POINTS, MOST_POINTS, call.seed);
        // What is summed or compared would be NaN at once: half of the calls have finite numbers alone.
        if (call.seed % 2 == 0 && !is_elementwise(&kernel_) && is_not_finite(bits)) bits = i;
        std::memcpy(&host_[b][begin(call) + i * kernel_.element.bytes], &bits, kernel_.element.bytes);
      }
    }
  }

  std::array<void *, MAX_BUFFERS> places(const Call &call, bool on_device) {
    std::array<void *, MAX_BUFFERS> buffers{};
    for (unsigned b = 0; b < count(); ++b)
      buffers[b] = on_device ? device_[b]->at(begin(call)) : &host_[b][begin(call)];
    if (call.in_place < kernel_.inputs) buffers[kernel_.inputs] = buffers[call.in_place];
    return buffers;
  }

  int run_on_device(const Call &call, const std::vector<double> &parameters) {
    const auto buffers = places(call, true);
    int status = ACTINIDE_OK;
    const auto queue = [&](cuda_stream stream) {
      status = kernel_.cuda(buffers.data(), call.extents.data(), parameters.data(), stream);
    };
    switch (call.way) {
      case Way::default_stream:
        queue(nullptr);
        check(driver().stream_synchronize(nullptr), "waiting for the kernel");
        break;
      case Way::stream:
        queue(stream_.handle());
        stream_.wait();
        break;
      case Way::graph:
        stream_.run_captured([&] { queue(stream_.handle()); });
        break;
    }
    return status;
  }

  std::uint64_t element(const std::vector<unsigned char> &area, std::size_t offset) const {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &area[offset], kernel_.element.bytes);
    return is_nan(kernel_.element, bits) ? UINT64_MAX : bits;
  }

  /// Compares a buffer and its guards. Every NaN is the same.
  std::string difference_in(unsigned b, const Call &call) const {
    const std::vector<unsigned char> found = device_[b]->download();
    const std::vector<unsigned char> &expected = host_[b];
    if (found == expected) return "";
    const std::size_t step = kernel_.element.bytes;
    for (std::size_t offset = begin(call) % step; offset + step <= found.size(); offset += step) {
      const std::uint64_t is = element(found, offset), should_be = element(expected, offset);
      if (is == should_be) continue;
      const auto i = static_cast<std::ptrdiff_t>(offset - begin(call)) / static_cast<std::ptrdiff_t>(step);
      return fmt::format("{} {}, element {}: {:#x} instead of {:#x}", b < kernel_.inputs ? "input" : "output",
                         b < kernel_.inputs ? b : b - kernel_.inputs, i, is, should_be);
    }
    return "";
  }

  bool is_not_finite(std::uint64_t bits) const {
    const std::uint64_t exponent = ((std::uint64_t{1} << (8 * kernel_.element.bytes - 1)) - 1) &
                                   ~((std::uint64_t{1} << kernel_.element.mantissa_bits) - 1);
    return (bits & exponent) == exponent;
  }

  const kernel &kernel_;
  std::vector<std::vector<unsigned char>> host_;
  std::vector<std::unique_ptr<Memory>> device_;
  const Stream stream_;
};

std::vector<Call> elementwise_calls(const kernel &k, const CorrectnessOptions &options) {
  std::vector<Call> calls;
  const unsigned rounds = k.element.bytes == 2 ? 1 : options.rounds;
  for (unsigned round = 0; round < rounds; ++round)
    calls.push_back({.extents = {options.points}, .seed = seed + round, .way = static_cast<Way>(round % 3)});
  for (const std::size_t n : {0, 1, 2, 3, 4, 5, 7, 8, 9, 255, 1003})
    for (const std::size_t shift : {0, 1, 2, 3}) calls.push_back({.extents = {n}, .seed = seed + n, .shift = shift});
  for (unsigned input = 0; input < k.inputs; ++input)
    for (const std::size_t shift : {0, 1})
      calls.push_back(
          {.extents = {few_points}, .seed = seed + input, .shift = shift, .in_place = input, .way = Way::graph});
  return calls;
}

/// Of kernels that sum, compare, or have tensors of several shapes.
std::vector<Extents> shapes_for(const kernel &k, const CorrectnessOptions &options) {
  if (k.extents == 1) return {{0}, {1}, {31}, {33}, {1000}, {9001}, {options.points}};
  if (k.extents == 2)
    return {{0, 5}, {3, 0}, {1, 1}, {5, 31}, {4, 32}, {3, 33}, {37, 8}, {2, 1030}, {130, 4}, {2, options.points / 2}};
  return {{0, 3, 4},
          {2, 0, 4},
          {2, 3, 0},
          {1, 1, 1},
          {3, 37, 5},
          {9, 64, 1},
          {5, 35, 1},
          {2, 3, 128},
          {40, 2, 33},
          {3, 4, 8},
          {options.points / 64, 64, 1}};
}

/// A sum over a channel may not take the place of an input.
bool may_be_in_place(const layout &in, const layout &out) {
  return out.along != ACTINIDE_ALONG_CHANNELS && in.along == out.along && in.parts == out.parts &&
         in.members == out.members;
}

std::vector<Call> shaped_calls(const kernel &k, const CorrectnessOptions &options) {
  std::vector<Call> calls;
  for (const Extents &extents : shapes_for(k, options))
    for (const std::size_t shift : {0, 1})
      for (unsigned in_place = 0; in_place <= k.inputs; ++in_place) {
        if (in_place < k.inputs && !may_be_in_place(k.layouts[in_place], k.layouts[k.inputs])) continue;
        calls.push_back({.extents = extents,
                         .seed = seed + calls.size(),
                         .shift = shift,
                         .in_place = in_place < k.inputs ? in_place : unsigned{MAX_BUFFERS},
                         .way = static_cast<Way>(calls.size() % 3)});
      }
  return calls;
}

/// The values lie in the domain of every activation.
std::vector<double> parameters_of(const kernel &k, unsigned set) {
  std::vector<double> values;
  for (unsigned i = 0; i < k.parameters; ++i) values.push_back(0.75 + i + 0.5 * set);
  return values;
}

}  // namespace

Json check_correctness(std::span<const kernel> table, const CorrectnessOptions &options) {
  std::size_t calls = 0, elements = 0;
  std::vector<std::string> failures;
  for (const kernel &k : table) {
    const bool elementwise = is_elementwise(&k);
    // Copying to and from the device takes most of the time: the many small calls have areas of their own.
    std::unique_ptr<Areas> few = elementwise ? std::make_unique<Areas>(k, Extents{few_points}) : nullptr;
    std::unique_ptr<Areas> whole = elementwise ? std::make_unique<Areas>(k, Extents{options.points}) : nullptr;
    for (unsigned set = 0; set < (k.parameters > 0 ? 2 : 1); ++set)
      for (const Call &call : elementwise ? elementwise_calls(k, options) : shaped_calls(k, options)) {
        ++calls;
        elements += element_count(&k, 0, call.extents.data());
        if (!elementwise) few = std::make_unique<Areas>(k, call.extents);
        Areas &areas = elementwise && call.extents[0] > few_points ? *whole : *few;
        const std::string difference = areas.compare(call, parameters_of(k, set));
        if (difference.empty() || failures.size() >= most_failures) continue;
        failures.push_back(fmt::format("{}: {}, seed {}, shift {}, in place of input {}, by {}: {}", k.name,
                                       fmt::join(std::span(call.extents).first(k.extents), " x "), call.seed,
                                       call.shift, call.in_place < k.inputs ? std::to_string(call.in_place) : "none",
                                       names_of_ways[static_cast<std::size_t>(call.way)], difference));
        progress(failures.back());
      }
  }
  return {{"kernels", table.size()}, {"calls", calls}, {"elements", elements}, {"failures", failures}};
}

}  // namespace actinide::gpu
