// Null pointers, sizes and overlap: what is refused, and that a refused call writes nothing.
#include "actinide/runtime.h"
#include "tests/runtime/fake_kernel.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <tuple>

namespace {

int calls = 0;

/// Fills every output with 0xEE and counts.
template <int inputs, int... output_bytes>
void fill(void *const *buffers, const int64_t *sizes, const double *) {
  ++calls;
  int out = inputs;
  (std::memset(buffers[out++], 0xEE, static_cast<std::size_t>(sizes[0]) * output_bytes), ...);
}

/// What the rule says of two ranges, computed the slow way.
bool share_a_byte(std::ptrdiff_t a, std::ptrdiff_t a_bytes, std::ptrdiff_t b, std::ptrdiff_t b_bytes) {
  for (std::ptrdiff_t byte = a; byte < a + a_bytes; ++byte) {
    if (byte >= b && byte < b + b_bytes) return true;
  }
  return false;
}

struct Bytes : std::array<unsigned char, 1024> {
  Bytes() { fill(0x5A); }
  bool untouched() const { return *this == Bytes(); }
};

// --- null pointers

class NullPointer : public testing::TestWithParam<std::tuple<int, std::size_t>> {};

TEST_P(NullPointer, IsRefusedUnlessThereIsNothingToDo) {
  const auto [which, n] = GetParam();
  const std::vector<actinide_variant> variants = {{"any", 0, fill<2, 4, 8>, nullptr, 0}};
  actinide_kernel kernel = fake::describe({4, 8}, {4, 8}, variants);
  std::array<Bytes, 4> memory;
  std::array<void *, 4> buffers = {memory[0].data(), memory[1].data(), memory[2].data(), memory[3].data()};
  if (which < 4) buffers[static_cast<std::size_t>(which)] = nullptr;
  const bool refused = which < 4 && n > 0;
  EXPECT_EQ(actinide_kernel_run(&kernel, buffers.data(), n, nullptr), refused ? ACTINIDE_NULL_POINTER : ACTINIDE_OK);
  for (std::size_t i = 0; i < 4; ++i) {
    const bool written = i >= 2 && !refused && n > 0;
    EXPECT_EQ(memory[i].untouched(), !written) << "buffer " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Arguments, NullPointer,
                         testing::Combine(testing::Values(0, 1, 2, 3, 4), testing::Values(0, 1, 7, 64)),
                         [](const auto &info) {
                           const auto which = std::get<0>(info.param);
                           return (which < 4 ? "buffer" + std::to_string(which) : std::string("none")) + "_n" +
                                  std::to_string(std::get<1>(info.param));
                         });

// --- sizes

class Size : public testing::TestWithParam<int> {};

TEST_P(Size, BeyondTheAddressSpaceIsRefused) {
  const int bytes = GetParam();
  const std::vector<actinide_variant> variants = {{"any", 0, fill<1, 1>, nullptr, 0}};
  const std::size_t largest = PTRDIFF_MAX / static_cast<std::size_t>(bytes);
  for (const bool output_is_larger : {false, true}) {
    actinide_kernel kernel =
        output_is_larger ? fake::describe({1}, {bytes}, variants) : fake::describe({bytes}, {1}, variants);
    std::array<Bytes, 2> memory;
    Bytes &out = memory[1];
    void *buffers[] = {memory[0].data(), out.data()};
    calls = 0;
    for (const std::size_t n : {largest + 1, largest + 2, SIZE_MAX / 2 + 1, SIZE_MAX - 1, SIZE_MAX}) {
      EXPECT_EQ(actinide_kernel_run(&kernel, buffers, n, nullptr), ACTINIDE_INVALID_SIZE) << "n " << n;
    }
    EXPECT_EQ(calls, 0);
    EXPECT_TRUE(out.untouched());
    // The largest n passes this check and fails the next: such a buffer reaches over the other.
    EXPECT_EQ(actinide_kernel_run(&kernel, buffers, largest, nullptr), ACTINIDE_OVERLAP);
  }
}

INSTANTIATE_TEST_SUITE_P(Arguments, Size, testing::Values(1, 2, 4, 8, 16), testing::PrintToStringParamName());

// --- overlap: an output at every byte distance around an input

class Overlap : public testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(Overlap, OfOutputAndInputIsRefusedUnlessExact) {
  const auto [in_bytes, out_bytes, n] = GetParam();
  const actinide_kernel_function function = out_bytes == 2 ? fill<1, 2> : out_bytes == 4 ? fill<1, 4> : fill<1, 8>;
  const std::vector<actinide_variant> variants = {{"any", 0, function, nullptr, 0}};
  actinide_kernel kernel = fake::describe({in_bytes}, {out_bytes}, variants);
  const std::ptrdiff_t in = 512, reach = 3 * 8 + n * 8;
  for (std::ptrdiff_t out = in - reach; out <= in + reach; ++out) {
    Bytes memory;
    void *buffers[] = {memory.data() + in, memory.data() + out};
    const bool exact = in == out && in_bytes == out_bytes;
    const bool refused = !exact && share_a_byte(in, n * in_bytes, out, n * out_bytes);
    ASSERT_EQ(actinide_kernel_run(&kernel, buffers, static_cast<std::size_t>(n), nullptr),
              refused ? ACTINIDE_OVERLAP : ACTINIDE_OK)
        << "output at byte " << out - in << " of the input";
    ASSERT_EQ(memory.untouched(), refused) << "output at byte " << out - in << " of the input";
    for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(memory.size()); ++i) {
      const bool inside = !refused && i >= out && i < out + n * out_bytes;
      ASSERT_EQ(memory[static_cast<std::size_t>(i)], inside ? 0xEE : 0x5A) << "byte " << i - out << " of the output";
    }
  }
}

TEST_P(Overlap, OfTwoOutputsIsRefusedEvenIfExact) {
  const auto [first_bytes, second_bytes, n] = GetParam();
  const std::vector<actinide_variant> variants = {{"any", 0, fill<1>, nullptr, 0}};
  actinide_kernel kernel = fake::describe({4}, {first_bytes, second_bytes}, variants);
  Bytes input, memory;
  const std::ptrdiff_t first = 512, reach = 3 * 8 + n * 8;
  for (std::ptrdiff_t second = first - reach; second <= first + reach; ++second) {
    void *buffers[] = {input.data(), memory.data() + first, memory.data() + second};
    const bool refused = share_a_byte(first, n * first_bytes, second, n * second_bytes);
    ASSERT_EQ(actinide_kernel_run(&kernel, buffers, static_cast<std::size_t>(n), nullptr),
              refused ? ACTINIDE_OVERLAP : ACTINIDE_OK)
        << "second output at byte " << second - first << " of the first";
  }
}

INSTANTIATE_TEST_SUITE_P(Arguments, Overlap,
                         testing::Combine(testing::Values(2, 4, 8), testing::Values(2, 4, 8), testing::Values(1, 2, 7)),
                         [](const auto &info) {
                           return "bytes" + std::to_string(std::get<0>(info.param)) + "and" +
                                  std::to_string(std::get<1>(info.param)) + "_n" +
                                  std::to_string(std::get<2>(info.param));
                         });

TEST(OverlapOfSeveral, ExactlyOneInputIsNoExcuseForAnother) {
  const std::vector<actinide_variant> variants = {{"any", 0, fill<2, 4>, nullptr, 0}};
  actinide_kernel kernel = fake::describe({4, 4}, {4}, variants);
  for (int offset = -3; offset <= 3; ++offset) {
    Bytes memory;
    unsigned char *x = memory.data() + 512;
    void *buffers[] = {x, x + 4 * offset, x};
    EXPECT_EQ(actinide_kernel_run(&kernel, buffers, 2, nullptr),
              offset == -1 || offset == 1 ? ACTINIDE_OVERLAP : ACTINIDE_OK)
        << "second input at element " << offset;
  }
}

TEST(OverlapOfSeveral, InputsMayOverlapEachOther) {
  const std::vector<actinide_variant> variants = {{"any", 0, fill<2, 4>, nullptr, 0}};
  actinide_kernel kernel = fake::describe({4, 4}, {4}, variants);
  Bytes memory;
  void *buffers[] = {memory.data(), memory.data() + 2, memory.data() + 512};
  EXPECT_EQ(actinide_kernel_run(&kernel, buffers, 5, nullptr), ACTINIDE_OK);
}

TEST(OverlapAtTheEnds, OfTheAddressSpaceIsNoOverlap) {
  const std::vector<actinide_variant> variants = {{"any", 0, fill<1>, nullptr, 0}};
  actinide_kernel kernel = fake::describe({4}, {4}, variants);
  void *low = reinterpret_cast<void *>(std::uintptr_t{16}), *high = reinterpret_cast<void *>(UINTPTR_MAX - 63);
  void *buffers[] = {low, high}, *swapped[] = {high, low};
  EXPECT_EQ(actinide_kernel_run(&kernel, buffers, 16, nullptr), ACTINIDE_OK);
  EXPECT_EQ(actinide_kernel_run(&kernel, swapped, 16, nullptr), ACTINIDE_OK);
}

}  // namespace
