#include "measure/tensors.h"

#include "accuracy/points.h"
#include "element.h"
#include "error.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <random>

namespace actinide::speed {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
// Between the offsets of two tensors in their pages: equal ones make a load look as if it followed a store to the same
// address (4K aliasing).
constexpr std::size_t kSkew = 1088;
static_assert(kSkew % Tensors::kAlignment == 0);

template <typename T>
void fill_normal(std::span<T> values, double deviation, std::mt19937_64 &random) {
  using Number = std::conditional_t<std::same_as<T, double>, double, float>;
  std::normal_distribution<Number> normal(0, static_cast<Number>(deviation));
  for (T &value : values) value = static_cast<T>(normal(random));
}

template <typename T>
void fill_all(std::span<T> values, std::mt19937_64 &random) {
  const PointSet points = log_uniform(dtype_of<T>, values.size(), random());
  std::array<double, 4096> part;
  for (std::size_t first = 0; first < values.size(); first += part.size()) {
    const std::size_t count = std::min(part.size(), values.size() - first);
    points.fill(first, std::span(part).first(count));
    std::ranges::transform(std::span(part).first(count), values.begin() + static_cast<std::ptrdiff_t>(first),
                           [](double value) { return static_cast<T>(value); });
  }
}

template <typename T>
void fill(std::span<T> values, Distribution distribution, std::mt19937_64 &random) {
  switch (distribution) {
    case Distribution::zero:
      std::memset(values.data(), 0, values.size_bytes());
      return;
    case Distribution::normal:
      return fill_normal(values, 1, random);
    case Distribution::wide:
      return fill_normal(values, 3, random);
    case Distribution::all:
      return fill_all(values, random);
  }
}

std::size_t bytes_of(const TensorPlan &plan) {
  const std::size_t bytes = plan.elements * size_of(plan.dtype) + Tensors::kRoomAfter;
  return (bytes + kHugePage - 1) / kHugePage * kHugePage + kSkew;
}

}  // namespace

std::string_view to_string(Distribution distribution) {
  switch (distribution) {
    case Distribution::zero:
      return "zeros";
    case Distribution::normal:
      return "N(0,1)";
    case Distribution::wide:
      return "N(0,3)";
    case Distribution::all:
      return "all numbers";
  }
  throw InternalError("no such distribution");
}

Tensors::Tensors(std::span<const TensorPlan> plans) : bytes_(kHugePage) {
  for (const TensorPlan &plan : plans) bytes_ += bytes_of(plan);
  memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory_ == MAP_FAILED)
    user_error("no memory for {} tensors, {} MiB in all: {}; measure smaller ones", plans.size(), bytes_ >> 20,
               std::strerror(errno));
  madvise(memory_, bytes_, MADV_HUGEPAGE);
  const auto address = reinterpret_cast<std::uintptr_t>(memory_);
  char *next = static_cast<char *>(memory_) + (kHugePage - address % kHugePage) % kHugePage;
  std::mt19937_64 random(kSeed);
  for (const TensorPlan &plan : plans) {
    with_element(plan.dtype, [&]<typename T>(T) {
      fill(std::span(reinterpret_cast<T *>(next), plan.elements), plan.distribution, random);
    });
    buffers_.push_back(next);
    next += bytes_of(plan);
  }
}

Tensors::~Tensors() {
  munmap(memory_, bytes_);
}

}  // namespace actinide::speed
