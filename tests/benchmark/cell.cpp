#include "tests/benchmark/cell.h"

#include "error.h"

#include <algorithm>
#include <cmath>

namespace actinide::speed {
namespace {

std::vector<Timing>::const_iterator find(const Cell &cell, const std::string &name) {
  return std::ranges::find(cell.timings, name, &Timing::name);
}

}  // namespace

std::string to_string(const Variant &variant) {
  return fmt::format("{} {}", to_string(variant.dtype), to_string(variant.tier));
}

std::string name_of(const Variant &variant, Distribution distribution) {
  if (distribution == Distribution::normal) return to_string(variant);
  return fmt::format("{} {}", to_string(variant), to_string(distribution));
}

std::string torch_name(DType dtype) {
  return fmt::format("{} {}", kTorch, to_string(dtype));
}

std::string copy_name(std::size_t element_bytes) {
  return fmt::format("copy of {} bytes", element_bytes);
}

std::string streaming_name(std::size_t element_bytes) {
  return "streaming " + copy_name(element_bytes);
}

bool Cell::has(const std::string &name) const {
  return find(*this, name) != timings.end();
}

const Timing &Cell::timing(const std::string &name) const {
  const auto found = find(*this, name);
  internal_check(found != timings.end(), "{} {} of {}: {} was not measured", activation, to_string(pass), n, name);
  return *found;
}

double Cell::nanoseconds(const std::string &name) const {
  return timing(name).median() * 1e9 / static_cast<double>(elements);
}

double Cell::ratio(const std::string &one, const std::string &other) const {
  return paired_ratio(timing(one), timing(other));
}

double geometric_mean(const std::vector<double> &values) {
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

double Cell::ratio_to_copy(const Variant &variant) const {
  const std::string plain = copy_name(size_of(variant.dtype)), streaming = streaming_name(size_of(variant.dtype));
  return ratio(name_of(variant), nanoseconds(plain) < nanoseconds(streaming) ? plain : streaming);
}

}  // namespace actinide::speed
