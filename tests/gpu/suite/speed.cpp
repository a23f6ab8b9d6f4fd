#include "checks.h"
#include "points.h"

#include <actinide/runtime.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <random>

namespace actinide::gpu {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double gigabytes_per_second(std::size_t bytes, double milliseconds) {
  return static_cast<double>(bytes) / milliseconds * 1e-6;
}

/// The bits of a number in a type of 16 bits, to nearest, where it is normal there; else of 0.
std::uint16_t encode_16_bits(double value, format element) {
  const int digits = element.mantissa_bits, bias = (1 << (14 - digits)) - 1;
  int exponent;
  const double mantissa = std::frexp(std::abs(value), &exponent);
  const long rounded = std::lround(std::ldexp(mantissa, digits + 1));
  const long bits = ((exponent - 2 + bias) << digits) + rounded;
  const bool is_normal = value != 0 && exponent - 1 + bias >= 1;
  return static_cast<std::uint16_t>((is_normal ? bits : 0) | (value < 0 ? 0x8000 : 0));
}

/// The bits of N(0,1) numbers.
std::vector<unsigned char> inputs_for(format element) {
  constexpr std::size_t count = 1 << 20;
  std::mt19937_64 random(20240607);
  std::normal_distribution<double> normal;
  std::vector<unsigned char> bytes(count * element.bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const double wide = normal(random);
    const float narrow = static_cast<float>(wide);
    const std::uint16_t half = element.bytes == 2 ? encode_16_bits(wide, element) : 0;
    const void *bits = &half;
    if (element.bytes == 8) bits = &wide;
    if (element.bytes == 4) bits = &narrow;
    std::memcpy(&bytes[i * element.bytes], bits, element.bytes);
  }
  return bytes;
}

/// Buffers that every kernel shares: what they hold fits the last format that was asked for.
class Tensors {
 public:
  Tensors(std::size_t count, std::size_t bytes) {
    for (std::size_t i = 0; i < count; ++i) memory_.push_back(std::make_unique<Memory>(bytes));
  }

  void fill(format element) {
    if (element.bytes == filled_.bytes && element.mantissa_bits == filled_.mantissa_bits) return;
    filled_ = element;
    std::vector<unsigned char> content = inputs_for(element);
    content.resize(std::min(content.size(), memory_[0]->size()));
    for (const auto &memory : memory_) {
      memory->upload(content);
      memory->repeat(content.size());
    }
  }

  /// Inputs first; the last is always an output.
  std::vector<void *> buffers(std::size_t count) const {
    std::vector<void *> places;
    for (std::size_t i = 0; i < count; ++i) places.push_back(memory_[memory_.size() - count + i]->at());
    return places;
  }

 private:
  std::vector<std::unique_ptr<Memory>> memory_;
  format filled_{};
};

class Measurement {
 public:
  Measurement(const SpeedOptions &options, std::size_t tensors, std::size_t element_bytes)
      : options_(options), tensors_(tensors, options.elements * element_bytes) {}

  Json of_kernel(const kernel &k) {
    tensors_.fill(k.element);
    const std::size_t count = k.inputs + k.outputs, bytes = count * options_.elements * k.element.bytes;
    const std::vector<void *> buffers = tensors_.buffers(count);
    const double parameters[MAX_PARAMETERS] = {0.75, 1.75, 2.75, 3.75, 4.75, 5.75, 6.75, 7.75};
    const auto launch = [&](std::size_t n) {
      const int status = k.cuda(buffers.data(), &n, parameters, stream_.handle());
      if (status != ACTINIDE_OK)
        throw std::runtime_error(fmt::format("{}: {}", k.name, actinide_status_string(status)));
    };
    const double milliseconds = median_time([&] { launch(options_.elements); });
    const double rate = gigabytes_per_second(bytes, milliseconds);
    return {
        {"name", k.name},
        {"bytes", bytes},
        {"milliseconds", milliseconds},
        {"gb_per_s", rate},
        {"of_copy", rate / copy_rate(bytes)},
        {"launch_microseconds", time_of_a_launch([&] { launch(std::min(options_.few_elements, options_.elements)); })}};
  }

  /// The driver's copies that kernels have been compared with.
  Json copies() const {
    Json list = Json::array();
    for (const auto &[bytes, rate] : copies_) list.push_back({{"bytes", bytes}, {"gb_per_s", rate}});
    return list;
  }

 private:
  /// Of a copy on the device that reads and writes `bytes` in all.
  double copy_rate(std::size_t bytes) {
    const auto found = copies_.find(bytes);
    if (found != copies_.end()) return found->second;
    const Memory from(bytes / 2), to(bytes / 2);
    const auto address = [](const Memory &memory) { return reinterpret_cast<cuda_pointer>(memory.at()); };
    const double milliseconds = median_time(
        [&] { check(driver().copy_on_device(address(to), address(from), bytes / 2, stream_.handle()), "copying"); });
    return copies_[bytes] = gigabytes_per_second(bytes, milliseconds);
  }

  double median_time(const std::function<void()> &queue) const {
    stream_.milliseconds(queue);
    std::vector<double> times;
    for (unsigned i = 0; i < options_.repetitions; ++i) times.push_back(stream_.milliseconds(queue));
    return median(times);
  }

  /// One after the other, until the last has ended.
  double time_of_a_launch(const std::function<void()> &launch) const {
    std::vector<double> times;
    for (int round = 0; round < 5; ++round) {
      launch();
      stream_.wait();
      const auto start = std::chrono::steady_clock::now();
      for (unsigned i = 0; i < options_.launches; ++i) launch();
      stream_.wait();
      const std::chrono::duration<double, std::micro> all = std::chrono::steady_clock::now() - start;
      times.push_back(all.count() / options_.launches);
    }
    return median(times);
  }

  const SpeedOptions &options_;
  Tensors tensors_;
  const Stream stream_;
  std::map<std::size_t, double> copies_;
};

}  // namespace

Json measure_speed(std::span<const kernel> table, const SpeedOptions &options) {
  std::size_t tensors = 0, element_bytes = 0;
  for (const kernel &k : table) {
    if (!is_elementwise(&k)) continue;
    tensors = std::max<std::size_t>(tensors, k.inputs + k.outputs);
    element_bytes = std::max<std::size_t>(element_bytes, k.element.bytes);
  }
  // The copy beside a kernel takes as much again.
  const std::size_t needed = 2 * tensors * options.elements * element_bytes;
  if (needed > Device::free_memory())
    throw std::runtime_error(fmt::format("{} elements need {} MiB of device memory, more than is free; take fewer",
                                         options.elements, needed >> 20));
  Measurement measurement(options, tensors, element_bytes);
  Json results = Json::array();
  for (const kernel &k : table)
    if (is_elementwise(&k)) results.push_back(measurement.of_kernel(k));
  return {{"elements", options.elements},
          {"few_elements", options.few_elements},
          {"repetitions", options.repetitions},
          {"copies", measurement.copies()},
          {"kernels", results}};
}

}  // namespace actinide::gpu
