#include "tests/benchmark/tensors.h"

#include "element.h"
#include "error.h"

#include <sys/mman.h>

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

template <typename T>
void fill_normal(void *memory, std::size_t n, std::mt19937_64 &random) {
  std::normal_distribution<std::conditional_t<std::same_as<T, double>, double, float>> normal;
  T *const values = static_cast<T *>(memory);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<T>(normal(random));
}

}  // namespace

Tensors::Tensors(DType dtype, std::size_t n, std::size_t inputs, std::size_t outputs) {
  const std::size_t count = inputs + outputs;
  const std::size_t slot = (n * size_of(dtype) + count * kSkew + kHugePage - 1) / kHugePage * kHugePage;
  bytes_ = count * slot + kHugePage;
  memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory_ == MAP_FAILED)
    user_error("no memory for {} tensors of {} elements: {}; use --quick", count, n, std::strerror(errno));
  madvise(memory_, bytes_, MADV_HUGEPAGE);
  const auto address = reinterpret_cast<std::uintptr_t>(memory_);
  char *first = static_cast<char *>(memory_) + (kHugePage - address % kHugePage) % kHugePage;
  std::mt19937_64 random(kSeed);
  for (std::size_t k = 0; k < count; ++k) {
    void *const tensor = first + k * (slot + kSkew);
    if (k >= inputs) {
      std::memset(tensor, 0, n * size_of(dtype));
      outputs_.push_back(tensor);
      continue;
    }
    with_element(dtype, [&]<typename T>(T) { fill_normal<T>(tensor, n, random); });
    inputs_.push_back(tensor);
  }
}

Tensors::~Tensors() {
  munmap(memory_, bytes_);
}

std::vector<void *> Tensors::buffers(std::size_t inputs, std::size_t outputs) const {
  internal_check(inputs <= inputs_.size() && outputs <= outputs_.size(), "{} + {} tensors asked, {} + {} made", inputs,
                 outputs, inputs_.size(), outputs_.size());
  std::vector<void *> list(inputs_.begin(), inputs_.begin() + static_cast<std::ptrdiff_t>(inputs));
  list.insert(list.end(), outputs_.begin(), outputs_.begin() + static_cast<std::ptrdiff_t>(outputs));
  return list;
}

}  // namespace actinide::speed
