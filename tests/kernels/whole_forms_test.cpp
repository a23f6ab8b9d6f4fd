// That what plain f32 computes as a whole is found in the kernels that it is meant for: if a stable form changed,
// nothing but the time would tell.
#include "approximation/whole_forms.h"
#include "derivative/derivative.h"
#include "pipeline.h"
#include "simplify/simplify.h"

#include <gtest/gtest.h>

#include <string>

namespace actinide {
namespace {

Expr stable_expression(const std::string &activation, Pass pass, Tier tier = Tier::standard) {
  const KernelRequest request = parse_kernel_request(activation, pass, DType::f32, tier);
  return make_stages(request, parse_target("x86-64-v3")).stable.outputs.at(0).second;
}

TEST(WholeForms, AreFoundInTheRows) {
  EXPECT_TRUE(whole_function(stable_expression("gelu", Pass::forward), "x"));
  for (const char *row : {"tanh", "mish"})
    EXPECT_TRUE(whole_function(stable_expression(row, Pass::forward), "x")) << row;
  for (const char *row : {"gelu", "gelu_tanh", "silu", "gelu_sigmoid"})
    EXPECT_TRUE(whole_function(stable_expression(row, Pass::derivative), "x")) << row;
  EXPECT_TRUE(whole_function(stable_expression("softplus", Pass::forward), "x", "k"));
  EXPECT_TRUE(whole_function(stable_expression("softplus", Pass::derivative), "x", "k"));
  EXPECT_TRUE(whole_function(stable_expression("squareplus", Pass::forward), "x", "b"));
  EXPECT_TRUE(whole_function(stable_expression("swish", Pass::forward), "x", "beta"));
  EXPECT_TRUE(whole_function(stable_expression("swish", Pass::derivative), "x", "beta"));
}

TEST(WholeForms, AreFoundWhereTheyServe) {
  for (const char *row : {"sigmoid", "tanh", "exp", "mish", "gelu"})
    EXPECT_NE(whole_function(stable_expression(row, Pass::forward), "x", Where::absolute),
              whole_function(stable_expression(row, Pass::forward), "x"))
        << row;
  EXPECT_NE(whole_function(stable_expression("softplus", Pass::forward), "x", "k", Where::absolute),
            whole_function(stable_expression("softplus", Pass::forward), "x", "k"));
}

// The order of terms in a stable form depends on how variables are named.
TEST(WholeForms, AreFoundWhateverTheNames) {
  for (const char *name : {"a", "gate", "t", "u", "value", "w", "z"})
    for (const char *row : {"gelu", "gelu_sigmoid", "gelu_tanh", "silu"}) {
      const Definition definition = parse_kernel_request(row, Pass::forward, DType::f32, Tier::standard).definition;
      const std::pair<Expr, Expr> renamed{variable("x"), variable(name)};
      const Expr body = simplify(substitute(definition.body, {&renamed, 1}), {name}).expression;
      const Expr slope = differentiate(body, name);
      EXPECT_TRUE(whole_function(stabilize(slope, {name}, Digits::few).expression, name)) << row << " of " << name;
    }
}

TEST(WholeForms, AreNotFoundElsewhere) {
  EXPECT_FALSE(whole_function(stable_expression("sin", Pass::forward), "x"));
  EXPECT_FALSE(whole_function(stable_expression("elu", Pass::forward), "x", "a"));
}

}  // namespace
}  // namespace actinide
