// Numeric programs as Halide statements: one loop, one rest, every output once in each and no arithmetic to rewrite.
#include "error.h"
#include "lowering/calls.h"
#include "lowering/loops.h"
#include "lowering/lower.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <regex>
#include <sstream>

namespace actinide {
namespace {

Instruction literal(float value) {
  return {Code::literal, Type::f32, {}, std::bit_cast<std::uint32_t>(value)};
}

/// y = (x + 0) * 1 / (x + -0): all that a rewriter would like to simplify.
Program tempting() {
  return {.instructions = {{Code::tensor, Type::f32, {}, 0},
                           literal(0.0F),
                           literal(-0.0F),
                           literal(1.0F),
                           {Code::add, Type::f32, {0, 1}, 0},
                           {Code::add, Type::f32, {0, 2}, 0},
                           {Code::mul, Type::f32, {4, 3}, 0},
                           {Code::div, Type::f32, {6, 5}, 0}},
          .inputs = {{"x", DType::f32}},
          .parameters = {},
          .outputs = {{"y", DType::f32, 7}}};
}

/// Both outputs use the same product with a parameter.
Program two_outputs() {
  return {.instructions = {{Code::tensor, Type::f64, {}, 0},
                           {Code::tensor, Type::f64, {}, 1},
                           {Code::parameter, Type::f64, {}, 0},
                           {Code::mul, Type::f64, {0, 2}, 0},
                           {Code::add, Type::f64, {3, 1}, 0},
                           {Code::sub, Type::f64, {3, 1}, 0}},
          .inputs = {{"dy", DType::f64}, {"x", DType::f64}},
          .parameters = {"slope"},
          .outputs = {{"dx", DType::f64, 4}, {"dp", DType::f64, 5}}};
}

int count(const std::string &text, std::string_view what) {
  int found = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(Calls, AreNamedAfterTheirProgramAndOutput) {
  for (std::size_t program : {0, 3})
    for (std::size_t output : {0, 1, 17})
      for (const bool folds : {false, true})
        EXPECT_EQ(call_of(to_name({program, output, folds})), (ElementCall{program, output, folds}));
  for (const std::string name : {"actinide.element.", "actinide.element.x", "actinide.element.1x", "actinide.element.1",
                                 "actinide.element.1.", "actinide.element.1.2x", "actinide.", "fma"})
    EXPECT_EQ(call_of(name), std::nullopt) << name;
}

TEST(Lowering, ShowsHalideNoArithmeticOfElements) {
  const std::string text = to_text(lower(tempting(), {.vectors = 4}, 8));
  // Once in the main loop, once in the rest.
  EXPECT_EQ(count(text, "actinide.element.0.0(x["), 2) << text;
  EXPECT_EQ(count(text, "for ("), 1) << text;
  EXPECT_EQ(count(text, "predicate ("), 1) << text;
  EXPECT_EQ(count(text, "f32("), 0) << text;
}

TEST(Lowering, ComputesAllOutputsInOneLoop) {
  const std::string text = to_text(lower(two_outputs(), {}, 4));
  EXPECT_EQ(count(text, "for ("), 1) << text;
  EXPECT_EQ(count(text, "actinide.element.0.0("), 2) << text;
  EXPECT_EQ(count(text, "actinide.element.0.1("), 2) << text;
}

TEST(Lowering, CoversAsManyVectorsAsTheScheduleSays) {
  for (int vectors : {1, 2, 4, 8}) {
    const std::string text = to_text(lower(tempting(), {.vectors = vectors}, 16));
    EXPECT_NE(text.find(fmt::format("float32x{})", 16 * vectors)), text.npos) << text;
  }
}

TEST(Lowering, NamesBuffersInTheKernelsOrder) {
  const LoweredKernel kernel = lower(two_outputs(), {}, 4);
  ASSERT_EQ(kernel.bodies.size(), 1);
  ASSERT_EQ(kernel.bodies[0].parts.size(), 1);
  const std::vector<HalideBuffer> &buffers = kernel.bodies[0].parts[0].buffers;
  ASSERT_EQ(buffers.size(), 4);
  EXPECT_EQ(buffers[0].name, "dy");
  EXPECT_EQ(buffers[1].name, "x");
  EXPECT_NE(buffers[2].name, buffers[3].name);
  EXPECT_EQ(kernel.kernel.parameters, std::vector<std::string>{"slope"});
  EXPECT_EQ(kernel.native_lanes, 4);
}

TEST(Lowering, GivesTheSameTextEveryTime) {
  const std::string first = to_text(lower(two_outputs(), {}, 4));
  EXPECT_EQ(first, to_text(lower(two_outputs(), {}, 4)));
  EXPECT_EQ(first.find('$'), first.npos) << first;
}

TEST(Lowering, RefusesProgramsThatBreakItsRules) {
  Program none = tempting();
  none.outputs.clear();
  EXPECT_THROW(lower(none, {}, 8), InternalError);
  Program deaf = tempting();
  deaf.inputs.clear();
  EXPECT_THROW(lower(deaf, {}, 8), InternalError);
  Program mistyped = tempting();
  mistyped.outputs[0].dtype = DType::f64;
  EXPECT_THROW(lower(mistyped, {}, 8), InternalError);
  EXPECT_THROW(lower(tempting(), {.vectors = 0}, 8), InternalError);
}

const Halide::Internal::Stmt &statement(const LoweredKernel &kernel) {
  return kernel.bodies.at(0).parts.at(0).statement;
}

TEST(Lower, KernelsOfOneOutlineShareTheirStatements) {
  Program other = tempting();
  other.instructions[4].code = Code::sub;
  other.outputs[0].value = 6;
  const LoweredKernel first = lower(tempting(), {.vectors = 3}, 8), second = lower(other, {.vectors = 3}, 8);
  EXPECT_TRUE(statement(first).same_as(statement(second)));
  EXPECT_EQ(second.programs.at(0), other) << "each has its own arithmetic";
  EXPECT_FALSE(statement(first).same_as(statement(lower(tempting(), {.vectors = 2}, 8))));
  EXPECT_FALSE(statement(first).same_as(statement(lower(tempting(), {.vectors = 3}, 4))));
  other.inputs[0].name = "gate";
  EXPECT_FALSE(statement(first).same_as(statement(lower(other, {.vectors = 3}, 8))));
}

/// What code generation passes over: frees, and where memory and its users begin. Counters of names differ.
std::string essence(const Halide::Internal::Stmt &stmt) {
  std::ostringstream raw;
  raw << stmt;
  std::istringstream lines(std::regex_replace(raw.str(), std::regex("\\$[0-9]+|\\bt[0-9]+|\\br[0-9]+"), ""));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(' '));
    if (!std::regex_search(line, std::regex("^(\\}|free|allocate|produce|consume|.*_halide_buffer_get_)")))
      text += line + "\n";
  }
  return text;
}

/// A sum of each row in lanes, a part of it for what is left, and what is made of each element and the sum.
struct Pipeline {
  Halide::ImageParam x{Halide::Float(32), 2, "x"};
  Halide::Func y{"y"};

  Pipeline() {
    const Halide::Var i("i"), o("o"), lane("lane");
    Halide::Func state("state"), sum("sum");
    const Halide::Expr groups = x.dim(0).extent() / 8;
    const Halide::RDom group(0, groups), rest(0, x.dim(0).extent() % 8);
    const auto call = [](const std::string &name, const std::vector<Halide::Expr> &arguments) {
      return Halide::Internal::Call::make(Halide::Float(32), name, arguments, Halide::Internal::Call::PureExtern);
    };
    state(lane, o) = 0.0F;
    state(lane, o) = call("add", {state(lane, o), x(group * 8 + lane, o)});
    state(rest, o) = call("add", {state(rest, o), x(groups * 8 + rest, o)});
    sum(o) = call("fold", {state(0, o), state(7, o)});
    y(i, o) = call("scale", {x(i, o), sum(o)});
    for (int d = 0; d < 2; ++d) {
      x.dim(d).set_min(0);
      y.output_buffer().dim(d).set_min(0);
    }
    y.vectorize(i, 16, Halide::TailStrategy::GuardWithIf);
    sum.compute_at(y, o);
    state.compute_at(y, o).vectorize(lane, 8, Halide::TailStrategy::GuardWithIf);
    state.update(0).reorder(lane, group.x).vectorize(lane, 8, Halide::TailStrategy::GuardWithIf);
    state.update(1).vectorize(rest.x, 8, Halide::TailStrategy::GuardWithIf);
  }
};

TEST(LowerLoops, TakesNoPassThatChangesAStatement) {
  for (const char *buffers : {"", "-large_buffers"}) {
    const Halide::Target target(std::string("x86-64-linux-no_asserts-no_bounds_query-no_runtime-strict_float") +
                                buffers);
    Pipeline ours, halide;
    const std::string expected = essence(halide.y.compile_to_module({halide.x}, "kernel", target).functions()[0].body);
    EXPECT_NE(expected.find("scale"), expected.npos) << expected;
    EXPECT_EQ(essence(lower_loops(ours.y, {ours.x}, target)), expected);
  }
}

/// y_i = x_i + the sum of the row.
NumericKernel row_kernel(const std::string &x, const std::string &sum, const std::string &y) {
  const auto add = [](std::vector<Tensor> inputs, const std::string &to) {
    return Program{.instructions = {{Code::tensor, Type::f32, {}, 0},
                                    {Code::tensor, Type::f32, {}, 1},
                                    {Code::add, Type::f32, {0, 1}, 0}},
                   .inputs = std::move(inputs),
                   .parameters = {},
                   .outputs = {{to, DType::f32, 2}}};
  };
  const Tensor element{x, DType::f32}, state{sum, DType::f32}, other{sum + ".other", DType::f32};
  NumericKernel kernel{.shape = ShapeClass::row,
                       .buffers = {{.name = x, .dtype = DType::f32}, {.name = y, .dtype = DType::f32}},
                       .inputs = {{x, 0}},
                       .outputs = {{y, 1}},
                       .parameters = {},
                       .steps = {}};
  kernel.steps.push_back({.kind = Step::Kind::reduce,
                          .along = Along::row,
                          .program = add({element, state}, sum),
                          .merge = add({state, other}, sum),
                          .initial = {0}});
  kernel.steps.push_back({.program = add({element, state}, y)});
  return kernel;
}

TEST(Lower, StepsOfRowsAreTheSameWhateverTheirNames) {
  const LoweredBody first = lower(row_kernel("x", "sum", "y"), {}, 8).bodies.at(0);
  const LoweredBody second = lower(row_kernel("logits", "total", "result"), {}, 8).bodies.at(0);
  ASSERT_EQ(first.parts.size(), 2);
  ASSERT_TRUE(first.by_steps);
  for (std::size_t part = 0; part < first.parts.size(); ++part) {
    EXPECT_TRUE(first.parts[part].statement.same_as(second.parts[part].statement));
    EXPECT_EQ(second.parts[part].buffers[0].view.name, "logits");
  }
  // The row's sum is the same for all elements: a loop needn't have it.
  EXPECT_EQ(first.parts[1].arguments, std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace actinide
