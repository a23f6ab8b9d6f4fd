// Directives, declarations and statements (PTX ISA, "Syntax", "Directives"); decoder.h takes single instructions.
#include "tests/ptx/reader.h"

#include "tests/ptx/assignment.h"
#include "tests/ptx/decoder.h"
#include "tests/ptx/error.h"
#include "tests/ptx/tokens.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace actinide::ptx {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : lines_(split_lines(text)), tokens_(tokenize(lines_)) {}

  std::vector<Kernel> read() {
    expect(".version");
    expect_one_of({"7.0", "7.8"});
    expect(".target");
    expect_one_of({"sm_80", "sm_90"});
    expect(".address_size");
    expect("64");
    std::vector<Kernel> kernels;
    while (at_ < tokens_.size()) kernels.push_back(entry());
    return kernels;
  }

 private:
  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> text, Args &&...args) const {
    fail("{}: {}", location(lines_, line()), fmt::format(text, std::forward<Args>(args)...));
  }

  int line() const { return at_ < tokens_.size() ? tokens_[at_].line : static_cast<int>(lines_.size()); }
  bool next_is(std::string_view text) const { return at_ < tokens_.size() && tokens_[at_].text == text; }
  std::string take() {
    if (at_ == tokens_.size()) refuse("the text ends too early");
    return tokens_[at_++].text;
  }
  void expect(std::string_view text) {
    if (!next_is(text)) refuse("'{}' expected", text);
    ++at_;
  }
  void expect_one_of(std::initializer_list<std::string_view> known) {
    if (std::none_of(known.begin(), known.end(), [&](std::string_view text) { return next_is(text); }))
      refuse("one of {} expected", fmt::join(known, ", "));
    ++at_;
  }
  Type take_type(std::initializer_list<Type> known) {
    for (Type type : known) {
      if (!next_is(fmt::format(".{}", to_string(type)))) continue;
      ++at_;
      return type;
    }
    refuse("a type that kernels don't use here");
  }

  Kernel entry();
  void parameter(Decoder &decoder);
  void registers(Decoder &decoder);
  void block(Decoder &decoder);
  void statement(Decoder &decoder);
  std::vector<Operand> operands();

  std::vector<std::string> lines_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

Kernel Reader::entry() {
  expect(".visible");
  expect(".entry");
  Decoder decoder(lines_, take());
  expect("(");
  if (!next_is(")")) parameter(decoder);
  while (!next_is(")")) {
    expect(",");
    parameter(decoder);
  }
  expect(")");
  expect("{");
  while (next_is(".reg")) registers(decoder);
  decoder.end_declarations();
  while (!next_is("}")) statement(decoder);
  Kernel kernel = decoder.finish();
  expect("}");
  check_assignment(kernel);
  return kernel;
}

void Reader::parameter(Decoder &decoder) {
  expect(".param");
  const Type type = take_type({Type::u32, Type::u64, Type::f64});
  const int at = line();
  decoder.declare_parameter(at, take(), type);
}

/// `.reg .f32 %f<11>;` declares %f0 to %f10.
void Reader::registers(Decoder &decoder) {
  expect(".reg");
  const Type type = take_type({Type::pred, Type::b16, Type::b32, Type::b64, Type::f32, Type::f64});
  const int at = line();
  const std::string prefix = take();
  expect("<");
  const std::string text = take();
  unsigned count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc() || end != text.data() + text.size()) refuse("'{}' is no number of registers", text);
  expect(">");
  expect(";");
  for (unsigned i = 0; i < count; ++i) decoder.declare_register(at, fmt::format("{}{}", prefix, i), type);
}

/// `{ .reg .b16 tmp; mov.b32 {tmp, %rs9}, %r46; }`, or the same for the halves of 64 bits: one register of its own.
void Reader::block(Decoder &decoder) {
  expect("{");
  expect(".reg");
  const Type type = take_type({Type::b16, Type::b32});
  const int at = line();
  const std::string name = take();
  expect(";");
  decoder.declare_local(at, name, type);
  while (!next_is("}")) statement(decoder);
  expect("}");
  decoder.end_local(name);
}

void Reader::statement(Decoder &decoder) {
  if (next_is("{")) return block(decoder);
  const int first = line();
  if (at_ + 1 < tokens_.size() && tokens_[at_ + 1].text == ":") {
    decoder.label(first, take());
    expect(":");
    return;
  }
  Guard guard;
  if (next_is("@")) {
    expect("@");
    guard.negated = next_is("!");
    if (guard.negated) expect("!");
    guard.predicate = take();
  }
  const std::string opcode = take();
  const std::vector<Operand> all = next_is(";") ? std::vector<Operand>() : operands();
  expect(";");
  decoder.instruction(first, guard, opcode, all);
}

/// Separated by commas, those within braces excepted.
std::vector<Operand> Reader::operands() {
  std::vector<Operand> all(1);
  bool braced = false;
  while (!next_is(";")) {
    const std::string text = take();
    braced = (braced || text == "{") && text != "}";
    if (text == "," && !braced) {
      all.emplace_back();
    } else {
      all.back().push_back(text);
    }
  }
  return all;
}

}  // namespace

std::vector<Kernel> read_module(std::string_view text) {
  return Reader(text).read();
}

Kernel read_kernel(std::string_view text, std::string_view name) {
  for (Kernel &kernel : read_module(text)) {
    if (kernel.name == name) return std::move(kernel);
  }
  fail("the module has no entry {}", name);
}

}  // namespace actinide::ptx
