// What the parser says of wrong texts, word for word.
#include "error.h"
#include "expression/definition.h"
#include "sample_scope.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

namespace actinide {
namespace {

struct ErrorCase {
  const char *text;     ///< with an `@` before the place of the caret
  const char *message;  ///< the first line
};

// `parse` must refuse the text of the case in three lines: message, line, caret.
void expect_error(const ErrorCase &test, const std::function<void(const std::string &)> &parse) {
  std::string text = test.text;
  const std::size_t place = text.find('@');
  ASSERT_NE(place, std::string::npos) << text;
  text.erase(place, 1);
  const std::size_t start = place == 0 ? 0 : text.rfind('\n', place - 1) + 1;
  const std::string line = text.substr(start, text.find('\n', start) - start);
  const std::size_t column = static_cast<std::size_t>(std::count_if(text.begin() + static_cast<std::ptrdiff_t>(start),
                                                                    text.begin() + static_cast<std::ptrdiff_t>(place),
                                                                    [](char c) { return (c & 0xc0) != 0x80; }));
  try {
    parse(text);
    FAIL() << "accepted: " << text;
  } catch (const UserError &error) {
    EXPECT_EQ(error.what(),
              line.empty() ? test.message : fmt::format("{}\n  {}\n  {:{}}^", test.message, line, "", column));
  }
}

const auto case_name = [](const auto &test) { return "case" + std::to_string(test.index); };

class DefinitionError : public testing::TestWithParam<ErrorCase> {};
TEST_P(DefinitionError, ShowsThePlaceAndTheRemedy) {
  expect_error(GetParam(), [](const std::string &text) { parse_definition(text, sample_scope()); });
}
INSTANTIATE_TEST_SUITE_P(
    Texts, DefinitionError,
    testing::Values(
        ErrorCase{"f(x) = x * @sigmod(x)", "unknown function 'sigmod'; did you mean 'sigmoid'?"},
        ErrorCase{"f(x) = x * @tanhexp(x)", "unknown function 'tanhexp'; `actinide list` names the activations"},
        ErrorCase{"f(x) = @pow(x, 2)", "unknown function 'pow'; a power is written a ^ b"},
        ErrorCase{"f(x) = @y + x", "unknown name 'y'; known here are x, pi and e"},
        ErrorCase{"f(x; beta = 1) = x * @bata", "unknown name 'bata'; did you mean 'beta'?"},
        ErrorCase{"f(x) = @sigmoid * x", "'sigmoid' is a function; call it, as in sigmoid(x)"},
        ErrorCase{"f(x) = @x(2)", "'x' is a variable, not a function; a product is written x * (...)"},
        ErrorCase{"f(x) = @pi(2)", "'pi' is a constant, not a function; a product is written pi * (...)"},
        ErrorCase{"f(x) = @f(x - 1)", "'f' can't refer to itself; use operations and other activations"},
        ErrorCase{"f(x) = @root_sum(x, 1)", "unknown function 'root_sum'; `actinide list` names the activations"},
        ErrorCase{"f(x) = @max(x)", "'max' takes 2 arguments, not 1"},
        ErrorCase{"f(x) = @exp(x, 2)", "'exp' takes 1 argument, not 2"},
        ErrorCase{"f(x) = @exp()", "'exp' takes 1 argument, not 0"},
        ErrorCase{"f(x) = sin(x; @k = 2)", "'sin' is an operation and has no parameter 'k'"},
        ErrorCase{"f(x) = @glu(x)", "'glu' takes 2 inputs (x, gate), but 1 argument is given"},
        ErrorCase{"f(x) = @swish(x, 1, 2)",
                  "'swish' takes 1 input (x) and 1 parameter (beta), but 3 arguments are given"},
        ErrorCase{"f(x) = swish(x; @betta = 2)", "'swish' has no parameter 'betta'; did you mean 'beta'?"},
        ErrorCase{"f(x) = swish(x; @zeta = 2)", "'swish' has no parameter 'zeta'; did you mean 'beta'?"},
        ErrorCase{"f(x) = glu(x, @gate = 2)", "'gate' is an input of 'glu'; give it by its place, without a name"},
        ErrorCase{"f(x) = swish(x; beta = 1, @beta = 2)", "parameter 'beta' is given twice"},
        ErrorCase{"f(x) = swish(x, 1; @beta = 2)", "parameter 'beta' is given twice"},
        ErrorCase{"f(x) = swish(x; @2)", "expected 'parameter = value', not '2'"},
        ErrorCase{"f(x) = clip(x; low = 1, @2)", "expected 'parameter = value', not '2'"},
        ErrorCase{"f(x) = @(x + 1", "this '(' is never closed; add a ')'"},
        ErrorCase{"f(x) = exp@(x + 1", "this '(' is never closed; add a ')'"},
        ErrorCase{"f(x) = x@)", "this ')' closes nothing; remove it or add a '('"},
        ErrorCase{"f(x) = max(x, 1 @2)", "expected an operator before '2'; a product is written with *"},
        ErrorCase{"f(x) = 2@x", "expected an operator before 'x'; a product is written with *"},
        ErrorCase{"f(x) = 2 @(x)", "expected an operator before '('; a product is written with *"},
        ErrorCase{"f(x) = x *@* 2", "unexpected '*'; a power is written with ^"},
        ErrorCase{"f(x) = x *@", "expected a number, a name or '(', but the text ends here"},
        ErrorCase{"f(x) = @+ x", "unexpected '+'; a number needs no sign, leave it out"},
        ErrorCase{"f(x) = x @= 2", "unexpected '='; equality is written ==, as the condition of select"},
        ErrorCase{"f(x) = x@, 2", "unexpected ',' after the formula"},
        ErrorCase{"f(x) = x@; k = 2", "unexpected ';' after the formula"},
        ErrorCase{"f(x) = x @> 0", "a comparison is not a number; write select(condition, a, b)"},
        ErrorCase{"f(x) = x * (x @> 0)", "a comparison is not a number; write select(condition, a, b)"},
        ErrorCase{"f(x) = exp(x @> 0)", "a comparison is not a number; write select(condition, a, b)"},
        ErrorCase{"f(x) = -(x @> 0)", "a comparison is not a number; write select(condition, a, b)"},
        ErrorCase{"f(x) = select(@x, 1, 2)", "the condition of select is a comparison, such as x > 0"},
        ErrorCase{"f(x) = select(x @= 0, 1, 2)", "unexpected '='; equality is written =="},
        ErrorCase{"f(x) = select(0 < x @< 1, 1, 2)", "comparisons don't chain; nest two select(condition, a, b)"},
        ErrorCase{"f(x) = select(x > 0, x @> 1, 2)", "a comparison is not a number; write select(condition, a, b)"},
        ErrorCase{"f(x) = @1e999", "the exponent of '1e999' is beyond +-400"},
        ErrorCase{"f(x) = 1.5@.2", "expected an operator before '.2'; a product is written with *"},
        ErrorCase{"f(x) = @.", "unexpected character '.'; a number needs a digit next to its point"},
        ErrorCase{"f(x) = x @× 2", "unexpected character '×'; write *"},
        ErrorCase{"f(x) = x @? 1 : 0", "unexpected character '?'; a choice is written select(condition, a, b)"},
        ErrorCase{"f(x) = x @% 2", "unexpected character '%'; the operators are + - * / ^"},
        ErrorCase{"f(@β) = β", "unexpected character 'β'; names are of ASCII letters, digits and _"},
        ErrorCase{"f(x) = x\n  + @exq(x)\n  + 2", "unknown function 'exq'; did you mean 'exp'?"},
        ErrorCase{"f(@exp) = exp", "'exp' is an operation; give the input another name"},
        ErrorCase{"f(@e) = e", "'e' is a constant; give the input another name"},
        ErrorCase{"f(x, @x) = x", "the name 'x' is used twice; give the input another name"},
        ErrorCase{"f(x; @x = 1) = x", "the name 'x' is used twice; give the parameter another name"},
        ErrorCase{"f(x; @k) = k * x", "parameter 'k' needs a default, as in k = 1"},
        ErrorCase{"f(x; k = @pi) = k * x", "expected a number, not 'pi'"},
        ErrorCase{"f(x; k = 1/@0) = k * x", "the denominator is 0; write another number"},
        ErrorCase{"f(x; k = 1/@0.5) = k * x", "expected an integer, not '0.5'"},
        ErrorCase{"f(x, k @= 1) = k * x", "an input has no default; parameters with defaults stand after a ';'"},
        ErrorCase{"f(@) = 1", "a definition needs at least one input, as in f(x) = ..."},
        ErrorCase{"f(@; k = 1) = 1", "a definition needs at least one input, as in f(x) = ..."},
        ErrorCase{"f(x;@) = 1", "expected the name of a parameter, not ')'"},
        ErrorCase{"f(x,@) = x", "expected the name of an input, not ')'"},
        ErrorCase{"f(@2) = x", "expected the name of an input, not '2'"},
        ErrorCase{"f(x @= x", "an input has no default; parameters with defaults stand after a ';'"},
        ErrorCase{"f @= x", "expected '(' and the inputs, as in f(x) = ..., not '='"},
        ErrorCase{"f(x)@", "expected '=' and a formula, but the text ends here"},
        ErrorCase{"f(x) =@", "expected a number, a name or '(', but the text ends here"},
        ErrorCase{"@e(x) = x", "'e' is taken by the language; give the definition another name"},
        ErrorCase{"@ln(x) = x", "'ln' is taken by the language; give the definition another name"},
        ErrorCase{"@2(x) = x", "expected the name of a definition, as in f(x) = ..., not '2'"},
        ErrorCase{"@", "expected the name of a definition, as in f(x) = ..., but the text ends here"}),
    case_name);

class RequestError : public testing::TestWithParam<ErrorCase> {};
TEST_P(RequestError, ShowsThePlaceAndTheRemedy) {
  expect_error(GetParam(), [](const std::string &text) { parse_request(text); });
}
INSTANTIATE_TEST_SUITE_P(
    Texts, RequestError,
    testing::Values(ErrorCase{"@2", "expected the name of an activation, not '2'"},
                    ErrorCase{"gelu @+ 1", "unexpected '+'; a new activation is written as a definition, f(x) = ..."},
                    ErrorCase{"leaky_relu(@0.2)",
                              "expected 'parameter = value', as in leaky_relu(slope = 0.2), not '0.2'"},
                    ErrorCase{"leaky_relu(slope@)", "expected '=' and the value of 'slope', not ')'"},
                    ErrorCase{"leaky_relu(slope = @x)", "expected a number, not 'x'"},
                    ErrorCase{"leaky_relu(slope = 0.2@", "expected ')' or ',' after the value, but the text ends here"},
                    ErrorCase{"leaky_relu(slope = 0.2 @0.3)", "expected ')' or ',' after the value, not '0.3'"},
                    ErrorCase{"leaky_relu(slope = 1, @slope = 2)", "parameter 'slope' is given twice"},
                    ErrorCase{"gelu@)", "unexpected ')'; a new activation is written as a definition, f(x) = ..."},
                    ErrorCase{"x@*2", "unexpected '*'; a new activation is written as a definition, f(x) = ..."}),
    case_name);

TEST(Diagnostic, LongLinesAreCutAroundTheCaret) {
  std::string text = "f(x) = x";
  for (int i = 0; i < 100; ++i) text += " + x";
  text += " + oops";
  for (int i = 0; i < 100; ++i) text += " + x";
  try {
    parse_definition(text, {});
    FAIL();
  } catch (const UserError &error) {
    const std::string what = error.what();
    const std::size_t line = what.find('\n') + 1, caret = what.find('\n', line) + 1;
    EXPECT_EQ(what.substr(0, line - 1), "unknown name 'oops'; known here are x, pi and e");
    EXPECT_EQ(what.find("oops", line) - line, what.find('^', caret) - caret);
    EXPECT_LT(what.size(), 300u);
  }
}

}  // namespace
}  // namespace actinide
