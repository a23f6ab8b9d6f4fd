#include "expression/printer.h"
#include "names.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <string>

namespace actinide {
namespace {

struct NumberCase {
  const char *value;  // as GMP reads it
  const char *text;
  const char *mangled;
};

class NumberText : public testing::TestWithParam<NumberCase> {};

TEST_P(NumberText, IsExactAndShort) {
  Rational value(GetParam().value);
  value.canonicalize();
  EXPECT_EQ(to_text(value), GetParam().text);
  EXPECT_EQ(mangle_number(to_text(value)), GetParam().mangled);
}

INSTANTIATE_TEST_SUITE_P(
    Names, NumberText,
    testing::Values(NumberCase{"0", "0", "0"}, NumberCase{"1", "1", "1"}, NumberCase{"-1", "-1", "m1"},
                    NumberCase{"1/5", "0.2", "0p2"}, NumberCase{"-1/4", "-0.25", "m0p25"},
                    NumberCase{"1702/1000", "1.702", "1p702"}, NumberCase{"1/3", "1/3", "1_over_3"},
                    NumberCase{"-22/7", "-22/7", "m22_over_7"}, NumberCase{"100", "100", "100"},
                    NumberCase{"12345/10", "1234.5", "1234p5"}, NumberCase{"1/1000000", "0.000001", "0p000001"},
                    NumberCase{"1/100000000", "1e-8", "1em8"}, NumberCase{"3/200000000", "1.5e-8", "1p5em8"},
                    NumberCase{"1000000000000000", "1000000000000000", "1000000000000000"},
                    NumberCase{"100000000000000000", "100000000000000000", "100000000000000000"},
                    NumberCase{"1/8", "0.125", "0p125"}));

TEST(NumberText, DistinguishesNumbers) {
  std::set<std::string> seen;
  for (int numerator = -40; numerator <= 40; ++numerator) {
    for (int denominator = 1; denominator <= 40; ++denominator) {
      if (std::gcd(numerator, denominator) != 1) continue;
      const Rational value(numerator, denominator);
      EXPECT_TRUE(seen.insert(mangle_number(to_text(value))).second) << value.get_str();
      EXPECT_TRUE(is_c_identifier("x" + mangle_number(to_text(value)))) << value.get_str();
    }
  }
}

TEST(Label, NamesBoundParametersInOrder) {
  EXPECT_EQ(label_of("gelu", {}), "gelu");
  EXPECT_EQ(label_of("leaky_relu", {{"slope", Rational(1, 5)}}), "leaky_relu_slope0p2");
  EXPECT_EQ(label_of("f", {{"b", Rational(-1)}, {"a", Rational(1, 3)}}), "f_bm1_a1_over_3");
}

TEST(Identifier, IsWhatCAccepts) {
  for (const char *good : {"k", "K9", "my_lib", "_", "_a1"}) EXPECT_TRUE(is_c_identifier(good)) << good;
  for (const char *bad : {"", "9k", "a-b", "a b", "a.b", "\xC3\xA9", "a/b", "k\n"})
    EXPECT_FALSE(is_c_identifier(bad)) << bad;
}

TEST(Identifier, KnowsReservedWords) {
  for (const char *word : {"int", "class", "xor_eq", "alignas", "linux", "_K", "_k", "a__b", "restrict", "float"})
    EXPECT_TRUE(is_reserved_in_c(word)) << word;
  for (const char *word : {"k", "integer", "klass", "a_b", "b_"}) EXPECT_FALSE(is_reserved_in_c(word)) << word;
}

TEST(Identifier, KnowsHowHeadersSpell) {
  for (const char *word : {"NULL", "SIZE_MAX", "INT8_MIN", "I", "uint16_t", "max_align_t"})
    EXPECT_TRUE(is_spelled_like_a_standard_name(word)) << word;
  for (const char *word : {"x", "Null", "NULL_", "uint16_t_", "t", "rate"})
    EXPECT_FALSE(is_spelled_like_a_standard_name(word)) << word;
}

TEST(Identifier, LosesTheUnderscoresThatCReserves) {
  const std::pair<const char *, const char *> cases[] = {{"x", "x"},      {"a_b_", "a_b_"},  {"_", "arg_"},
                                                         {"_a", "arg_a"}, {"___9", "arg_9"}, {"a__b___c", "a_b_c"}};
  for (const auto &[wish, name] : cases) {
    EXPECT_EQ(with_single_underscores(wish), name);
    EXPECT_FALSE(is_reserved_in_c(name)) << name;
  }
}

}  // namespace
}  // namespace actinide
