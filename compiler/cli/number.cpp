#include "cli/number.h"

#include "element.h"
#include "error.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace actinide::cli {
namespace {

double nearest(double value, DType dtype) {
  return with_element(dtype, [&]<typename T>(T) { return static_cast<double>(static_cast<T>(value)); });
}

}  // namespace

std::string number_text(double value, DType dtype) {
  if (std::isnan(value)) return "nan";
  if (dtype == DType::f32) return fmt::format("{}", static_cast<float>(value));
  if (dtype == DType::f64) return fmt::format("{}", value);
  std::string text;
  for (int digits = 1; text.empty() || nearest(std::strtod(text.c_str(), nullptr), dtype) != value; ++digits)
    text = fmt::format("{:.{}g}", value, digits);
  return text;
}

double parse_number(const std::string &text, DType dtype, const std::string &where) {
  char *end = nullptr;
  errno = 0;
  // strtof, for a double would be rounded a second time.
  const double read = dtype == DType::f32 ? std::strtof(text.c_str(), &end) : std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size())
    user_error("{}: '{}' is no number; write 0.5, -1e-3, 0x1.8p3, inf or nan", where, text);
  const double value = nearest(read, dtype);
  if (std::isinf(value) && (errno == ERANGE || !std::isinf(read)))
    user_error("{}: {} is beyond the largest {}; write inf if that is meant", where, text, to_string(dtype));
  return value;
}

double get_element(const std::byte *data, DType dtype, std::size_t i) {
  return with_element(dtype, [&]<typename T>(T element) {
    std::memcpy(&element, data + i * sizeof element, sizeof element);
    return static_cast<double>(element);
  });
}

void set_element(std::byte *data, DType dtype, std::size_t i, double value) {
  with_element(dtype, [&]<typename T>(T element) {
    element = static_cast<T>(value);
    std::memcpy(data + i * sizeof element, &element, sizeof element);
  });
}

}  // namespace actinide::cli
