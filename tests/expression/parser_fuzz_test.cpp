// No text crashes the parser or keeps it busy.
#include "error.h"
#include "expression/definition.h"
#include "expression/printer.h"
#include "sample_scope.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace actinide {
namespace {

std::string repeat(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

// Any text either parses, and then its printed form parses to the same, or is a UserError of three lines, or of one
// where the line that it is about is empty. True if it parses.
bool check_any_text(const std::string &text) {
  bool accepted = false;
  try {
    const Definition definition = parse_definition(text, sample_scope());
    accepted = true;
    const Definition again = parse_definition(to_text(definition), sample_scope());
    EXPECT_EQ(definition.body, again.body) << text;
    EXPECT_EQ(definition.name, again.name) << text;
    EXPECT_EQ(definition.inputs, again.inputs) << text;
    EXPECT_EQ(definition.parameters.size(), again.parameters.size()) << text;
    for (std::size_t i = 0; i < std::min(definition.parameters.size(), again.parameters.size()); ++i)
      EXPECT_EQ(definition.parameters[i].default_value, again.parameters[i].default_value) << text;
  } catch (const UserError &error) {
    const std::string_view what = error.what();
    const auto breaks = std::ranges::count(what, '\n');
    EXPECT_TRUE(breaks == 2 ? what.ends_with("^") : breaks == 0) << what;
    EXPECT_LT(what.size(), 1000u) << what;
  }
  try {
    parse_request(text);
  } catch (const UserError &) {
  }
  looks_like_definition(text);
  return accepted;
}

constexpr std::uint64_t fuzz_seed = 20261123;

TEST(ParserFuzz, RandomBytes) {
  std::mt19937_64 random(fuzz_seed);
  RecordProperty("seed", std::to_string(fuzz_seed));
  for (int round = 0; round < 20'000; ++round) {
    std::string text = round % 2 ? "f(x) = x" : "";
    for (std::uint64_t i = random() % 40; i > 0; --i) text += static_cast<char>(random());
    check_any_text(text);
  }
}

const std::vector<std::string> &words() {
  static const std::vector<std::string> list{"f",     "x",           "y",
                                             "k",     "(",           "(",
                                             ")",     ")",           ",",
                                             ";",     "=",           "+",
                                             "-",     "*",           "/",
                                             "^",     "<",           ">=",
                                             "==",    "!=",          "1",
                                             "0",     "2.5",         "1e-5",
                                             "1e400", "9e401",       ".",
                                             "pi",    "e",           "exp",
                                             "max",   "select",      "ln",
                                             "swish", "glu",         "softplus",
                                             "clip",  "beta",        " ",
                                             "\n",    "\xce\xb2",    "\xff",
                                             "exp(",  "select(x>0,", "swish(x;beta=",
                                             "-1/3",  "x^",          "root_sum(x,1)"};
  return list;
}

TEST(ParserFuzz, RandomWords) {
  std::mt19937_64 random(fuzz_seed);
  RecordProperty("seed", std::to_string(fuzz_seed));
  int accepted = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string text = round % 4 ? "f(x,y;k=1)=" : "";
    for (std::uint64_t i = random() % 30; i > 0; --i) text += words()[random() % words().size()];
    accepted += check_any_text(text);
  }
  EXPECT_GT(accepted, 100) << "hardly any text was valid";
}

TEST(ParserFuzz, MutationsOfValidTexts) {
  const std::vector<std::string> valid{
      "gelu_tanh(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))",
      "hardshrink(x; k = 1/2) = select(x > k, x, select(x < -k, x, 0))", "snake(x; a = 1) = x + sin(a*x)^2 / a",
      "mix(x, gate; beta = -1e-5) = swish(x; beta = beta) + glu(x, gate) - clip(gate, -2; high = 3.)"};
  std::mt19937_64 random(fuzz_seed);
  RecordProperty("seed", std::to_string(fuzz_seed));
  int accepted = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string text = valid[random() % valid.size()];
    for (std::uint64_t edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t place = random() % text.size();
      switch (random() % 4) {
        case 0:
          text.erase(place, 1 + random() % 3);
          break;
        case 1:
          text.insert(place, words()[random() % words().size()]);
          break;
        case 2:
          text[place] = static_cast<char>(random());
          break;
        default:
          text.insert(place, text.substr(random() % text.size(), random() % 20));
      }
      if (text.empty()) text += 'x';
    }
    accepted += check_any_text(text);
  }
  EXPECT_GT(accepted, 1'000) << "hardly any text was valid";
}

TEST(ParserFuzz, DeepAndLongTexts) {
  for (const char *part :
       {"(", ")", "-",  "exp(", "x^", "2^-", "max(x,", "select(x<", "swish(x;beta=", "x+",   "1/", "9",
        ".", "x", "x,", ";",    "=",  "\n",  "\xff",   "\xce\xb2",  "f(x)=",         "glu(", "f("})
    for (const int times : {199, 200, 201, 5'000, 60'000})
      for (const char *start : {"", "f(x)=", "f(", "f(x;k="}) {
        const std::string text = start + repeat(part, times);
        check_any_text(text.substr(0, 70'000));
        check_any_text(text.substr(0, 60'000) + "x" + repeat(")", std::min(times, 5'000)));
      }
}

}  // namespace
}  // namespace actinide
