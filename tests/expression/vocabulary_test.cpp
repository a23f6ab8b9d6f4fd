#include "vocabulary.h"

#include "error.h"

#include <gtest/gtest.h>

namespace actinide {
namespace {

TEST(Vocabulary, EverySpellingReadsBack) {
  for (const Pass pass : all_passes()) EXPECT_EQ(parse_pass(to_string(pass)), pass);
  for (const DType dtype : all_dtypes()) EXPECT_EQ(parse_dtype(to_string(dtype)), dtype);
  for (const Tier tier : all_tiers()) EXPECT_EQ(parse_tier(to_string(tier)), tier);
  EXPECT_EQ(to_string(ShapeClass::element), "element");
}

TEST(Vocabulary, SizesAreThoseOfTheTypes) {
  EXPECT_EQ(size_of(DType::f32), sizeof(float));
  EXPECT_EQ(size_of(DType::f64), sizeof(double));
  EXPECT_EQ(size_of(DType::f16), 2u);
  EXPECT_EQ(size_of(DType::bf16), 2u);
}

template <typename Parse>
std::string error_of(Parse parse, std::string_view text) {
  try {
    parse(text);
  } catch (const UserError &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Vocabulary, UnknownWordsAreAnsweredWithTheKnownOnes) {
  EXPECT_EQ(
      error_of(parse_pass, "sideways"),
      "unknown pass 'sideways'; known are: forward, derivative, backward, backward_from_output, forward_backward, "
      "second_derivative, double_backward, parameter_gradient");
  EXPECT_EQ(error_of(parse_dtype, "F32"), "unknown dtype 'F32'; known are: f32, f64, f16, bf16");
  EXPECT_EQ(error_of(parse_tier, ""), "unknown tier ''; known are: relaxed, standard, faithful, exact");
}

}  // namespace
}  // namespace actinide
