// Elements of 16 bits, each of the 65,536: what they stand for, and where rounding to them changes sides. The reference
// rounds by itself; both are held against the definition: the nearer neighbour, of two the even one.
#include "element.h"

#include "expression/reference_judge.h"
#include "tests/expression/reference_help.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace actinide {
namespace {

class Elements : public testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(All, Elements, testing::Values(DType::f16, DType::bf16),
                         [](const auto &dtype) { return std::string(to_string(dtype.param)); });

std::uint16_t infinity_of(DType dtype) {
  return dtype == DType::f16 ? 0x7c00 : 0x7f80;
}

TEST_P(Elements, StandForTheNumbersOfTheFormat) {
  const DType dtype = GetParam();
  const double quantum = dtype == DType::f16 ? 0x1p-24 : 0x1p-133;
  const int in_binade = dtype == DType::f16 ? 1024 : 128;
  double expected = 0, spacing = quantum;
  for (int pattern = 0; pattern < infinity_of(dtype); ++pattern) {
    ASSERT_EQ(decode_16_bit(static_cast<std::uint16_t>(pattern), dtype), expected) << pattern;
    ASSERT_EQ(decode_16_bit(static_cast<std::uint16_t>(pattern | 0x8000), dtype), -expected) << pattern;
    expected += spacing;
    // Two binades have the smallest spacing: the subnormal numbers and the first normal ones.
    if ((pattern + 1) % in_binade == 0 && pattern + 1 > in_binade) spacing *= 2;
  }
  EXPECT_EQ(decode_16_bit(infinity_of(dtype), dtype), inf);
  for (int pattern = infinity_of(dtype) + 1; pattern < 0x8000; ++pattern)
    ASSERT_TRUE(std::isnan(decode_16_bit(static_cast<std::uint16_t>(pattern), dtype))) << pattern;
  EXPECT_EQ(expected, std::ldexp(1, dtype == DType::f16 ? 16 : 128)) << "the number behind the largest";
}

// Calls check(value, pattern of the nearest) on both sides of each place between two numbers, there, and at each
// number.
template <typename Check>
void for_all_roundings(DType dtype, Check check) {
  const double beyond = dtype == DType::f16 ? 0x1p16 : 0x1p128;
  for (int low = 0; low < infinity_of(dtype); ++low) {
    const int high = low + 1;
    const double a = decode_16_bit(static_cast<std::uint16_t>(low), dtype);
    const double b = high == infinity_of(dtype) ? beyond : decode_16_bit(static_cast<std::uint16_t>(high), dtype);
    const double middle = (a + b) / 2;
    check(a, low);
    check(std::nextafter(middle, 0.0), low);
    check(middle, low % 2 == 0 ? low : high);
    check(std::nextafter(middle, inf), high);
    if (testing::Test::HasFatalFailure()) return;
  }
  check(inf, infinity_of(dtype));
  check(1e300, infinity_of(dtype));
  check(1e-300, 0);
}

TEST_P(Elements, AreTheNearestToANumber) {
  for_all_roundings(GetParam(), [&](double value, int pattern) {
    ASSERT_EQ(encode_16_bit(value, GetParam()), pattern) << value;
    ASSERT_EQ(encode_16_bit(-value, GetParam()), pattern | 0x8000) << value;
  });
  EXPECT_TRUE(std::isnan(decode_16_bit(encode_16_bit(nan, GetParam()), GetParam())));
}

TEST_P(Elements, AreWhatTheReferenceRoundsTo) {
  const Reference identity = reference_of("x");
  Number exact(400);
  for_all_roundings(GetParam(), [&](double value, int pattern) {
    const double expected = decode_16_bit(static_cast<std::uint16_t>(pattern), GetParam());
    ASSERT_EQ(identity.rounded({&value, 1}, GetParam()), expected) << value;
    for (const double sign : {1.0, -1.0}) {
      mpfr_set_d(exact.value, sign * value, MPFR_RNDN);
      const double rounded = reference::round_to(exact.value, GetParam());
      ASSERT_EQ(rounded, sign * expected) << value;
      ASSERT_EQ(std::signbit(rounded), sign < 0) << value;
    }
  });
}

// The least that is beside the middle decides, however many digits it takes to see it.
TEST_P(Elements, AreRoundedToOnceByTheReference) {
  const double middle = 1 + std::ldexp(1, -float_format(GetParam()).digits);
  Number exact(400);
  for (const int side : {-1, 1}) {
    mpfr_set_si_2exp(exact.value, side, -300, MPFR_RNDN);
    mpfr_add_d(exact.value, exact.value, middle, MPFR_RNDN);
    EXPECT_EQ(reference::round_to(exact.value, GetParam()), side < 0 ? 1 : 2 * middle - 1);
  }
}

TEST(Elements, AreTypesOfCpp) {
  EXPECT_EQ(f16(-1.5).bits, 0xbe00);
  EXPECT_EQ(bf16(-1.5).bits, 0xbfc0);
  EXPECT_EQ(static_cast<float>(f16::from_bits(0x3c01)), 1 + 0x1p-10f);
  with_element(DType::bf16, []<typename T>(T) { EXPECT_EQ(dtype_of<T>, DType::bf16); });
}

}  // namespace
}  // namespace actinide
