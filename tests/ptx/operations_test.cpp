// What single instructions compute, where it isn't plain arithmetic, by what the PTX ISA says of them.
#include "tests/ptx/machine.h"
#include "tests/ptx/reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace actinide::ptx {
namespace {

/// An operand or a result.
template <typename T>
std::uint64_t bits(T value) {
  return to_slot(value);
}
std::uint64_t f(double value) {
  return bits(static_cast<float>(value));
}
std::uint64_t d(double value) {
  return bits(value);
}
std::uint64_t i(std::int32_t value) {
  return bits(value);
}
std::uint64_t l(std::int64_t value) {
  return bits(value);
}
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t f_nan = 0x7fffffff, d_nan = 0x7fffffffffffffff;
constexpr std::int32_t least = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t greatest = std::numeric_limits<std::int32_t>::max();

/// A register of the type, number `index`.
std::string register_of(Type type, std::size_t index) {
  if (type == Type::pred) return fmt::format("%p{}", index);
  const char *suffix = size_of(type) == 8 ? "d" : size_of(type) == 2 ? "s" : "";
  return fmt::format("%{}{}{}", is_float(type) && size_of(type) > 2 ? "f" : "r", suffix, index);
}

std::string load(Type type, std::size_t index, std::uint64_t value) {
  const std::string name = register_of(type, index);
  if (type == Type::f32) return fmt::format("mov.f32 {}, 0f{:08X};\n", name, value);
  if (type == Type::f64) return fmt::format("mov.f64 {}, 0d{:016X};\n", name, value);
  if (type == Type::pred) return fmt::format("mov.pred {}, {};\n", name, value);
  return fmt::format("mov.b{} {}, {};\n", 8 * size_of(type), name, value);
}

std::string store(Type type) {
  if (type == Type::pred) return "selp.b32 %r0, 1, 0, %p0;\nst.global.u32 [%rd9], %r0;\n";
  const std::string_view stored = type == Type::f16 ? "b16" : to_string(type);
  return fmt::format("st.global.{} [%rd9], {};\n", stored, register_of(type, 0));
}

/// What the instruction gives in a kernel of its own, its operands in registers.
std::uint64_t evaluate(const std::string &name, const std::vector<std::uint64_t> &operands) {
  const Operation *operation = find_operation(name);
  if (!operation || operation->types.size() != operands.size() + 1) throw std::invalid_argument(name);
  std::string text =
      ".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry kernel(.param .u64 kernel_param_0)\n{\n"
      ".reg .pred %p<4>;\n.reg .b16 %rs<4>;\n.reg .b32 %r<4>;\n.reg .b64 %rd<10>;\n.reg .f32 %f<4>;\n.reg .f64 "
      "%fd<4>;\n"
      "ld.param.u64 %rd9, [kernel_param_0];\n";
  for (std::size_t k = 0; k < operands.size(); ++k) text += load(operation->types[k + 1], k + 1, operands[k]);
  text += fmt::format("{} {}", name, register_of(operation->types[0], 0));
  for (std::size_t k = 0; k < operands.size(); ++k)
    text += fmt::format(", {}", register_of(operation->types[k + 1], k + 1));
  text += fmt::format(";\n{}ret;\n}}\n", store(operation->types[0]));

  const Type type = operation->types[0];
  const std::size_t size = type == Type::pred ? 4 : size_of(type);
  Memory memory;
  const std::uint64_t address = memory.add(std::vector<std::uint8_t>(size), size, Access::write);
  const Kernel kernel = read_kernel(text, "kernel");
  Launch(kernel, {1, 1}, {argument(address)}, memory).run_all();
  std::uint64_t result = 0;
  std::memcpy(&result, memory.content(address).data(), size);
  return result;
}

struct Case {
  const char *name;
  std::vector<std::uint64_t> operands;
  std::uint64_t result;
};
void PrintTo(const Case &sample, std::ostream *out) {
  *out << fmt::format("{} {:x}", sample.name, fmt::join(sample.operands, ", "));
}
class Operations : public testing::TestWithParam<Case> {};

TEST_P(Operations, GiveWhatTheManualSays) {
  EXPECT_EQ(evaluate(GetParam().name, GetParam().operands), GetParam().result);
}

// Data Movement and Conversion Instructions, 16 bits: a tie goes to the even neighbour, subnormal numbers are kept
const Case halves[] = {
    {"cvt.rn.f16x2.f32", {f(1), f(-2)}, 0x3c00'c000},
    {"cvt.rn.f16x2.f32", {f(1 + 0x1p-11), f(1 + 3 * 0x1p-11)}, 0x3c00'3c02},
    {"cvt.rn.f16x2.f32", {f(-0x1p-24), f(0x1p-25)}, 0x8001'0000},
    {"cvt.rn.f16x2.f32", {f(65519), f(65520)}, 0x7bff'7c00},
    {"cvt.rn.f16x2.f32", {f(nan), f(0)}, 0x7fff'0000},
    {"cvt.rn.bf16x2.f32", {f(1), f(-2)}, 0x3f80'c000},
    {"cvt.rn.bf16x2.f32", {f(1 + 0x1p-8), f(1 + 3 * 0x1p-8)}, 0x3f80'3f82},
    {"cvt.rn.bf16x2.f32", {f(-0x1p-133), f(0x1p-134)}, 0x8001'0000},
    {"cvt.rn.bf16x2.f32", {f(0x1.fefffep127), f(0x1.ffp127)}, 0x7f7f'7f80},
    {"cvt.rn.bf16x2.f32", {f(0), f(nan)}, 0x7fff},
    {"cvt.f32.f16", {0x8001}, f(-0x1p-24)},
    {"cvt.f32.f16", {0x7c00}, f(inf)},
    {"cvt.f32.f16", {0x7e00}, f_nan},
    {"cvt.u16.u32", {0x12345678}, 0x5678},
    {"cvt.u32.u16", {0xfedc}, 0xfedc},
    {"bfe.u32", {0x12345678, i(4), i(8)}, 0x67},
    {"bfe.u32", {0x92345678, i(28), i(16)}, 9},
    {"bfe.u32", {0x12345678, i(32), i(4)}, 0},
    {"bfe.u32", {0x12345678, i(0), i(32)}, 0x12345678},
    {"shr.u16", {0x8000, i(15)}, 1},
    {"shr.u16", {0x8000, i(16)}, 0},
};
INSTANTIATE_TEST_SUITE_P(Halves, Operations, testing::ValuesIn(halves));

// Integer Arithmetic Instructions
const Case integers[] = {
    {"add.s32", {i(greatest), i(1)}, i(least)},
    {"sub.s32", {i(least), i(1)}, i(greatest)},
    {"add.s64", {l(-1), l(1)}, 0},
    {"sub.s64", {0, l(1)}, l(-1)},
    {"mul.lo.s32", {i(0x10001), i(0x10001)}, i(0x20001)},
    {"mul.lo.s64", {l(-3), l(1) << 62}, l(1) << 62},
    {"mad.lo.s32", {i(0x10000), i(0x10000), i(-7)}, i(-7)},
    {"mad.lo.s64", {l(-2), l(3), l(1)}, l(-5)},
    {"mul.wide.s32", {i(least), i(least)}, l(1) << 62},
    {"mul.wide.s32", {i(-1), i(8)}, l(-8)},
    {"neg.s32", {i(least)}, i(least)},
    {"neg.s64", {l(5)}, l(-5)},
    {"min.s32", {i(-1), i(1)}, i(-1)},
    {"max.s32", {i(-1), i(1)}, i(1)},
    {"min.s64", {l(-1), l(1)}, l(-1)},
    {"max.s64", {l(-1), l(1)}, l(1)},
};
INSTANTIATE_TEST_SUITE_P(Integers, Operations, testing::ValuesIn(integers));

// Logic and Shift Instructions: amounts beyond the width count as the width.
const Case shifts[] = {
    {"shl.b32", {1, 31}, 0x80000000},
    {"shl.b32", {1, 32}, 0},
    {"shl.b32", {1, 33}, 0},
    {"shl.b32", {0xffffffff, 0xffffffff}, 0},
    {"shl.b64", {1, 63}, 0x8000000000000000},
    {"shl.b64", {1, 64}, 0},
    {"shl.b64", {1, 65}, 0},
    {"shr.u32", {0x80000000, 31}, 1},
    {"shr.u32", {0x80000000, 32}, 0},
    {"shr.u32", {0x80000000, 0x80000000}, 0},
    {"shr.u64", {0x8000000000000000, 63}, 1},
    {"shr.u64", {0x8000000000000000, 64}, 0},
    {"shr.s32", {0x80000000, 1}, 0xc0000000},
    {"shr.s32", {0x80000000, 32}, 0xffffffff},
    {"shr.s32", {0x7fffffff, 99}, 0},
    {"shr.s64", {0x8000000000000000, 64}, 0xffffffffffffffff},
    {"shr.s64", {0x8000000000000000, 0xffffffff}, 0xffffffffffffffff},
    {"and.b32", {0xff00ff00, 0x0ff00ff0}, 0x0f000f00},
    {"or.b32", {0xff00ff00, 0x0ff00ff0}, 0xfff0fff0},
    {"xor.b32", {0xff00ff00, 0x0ff00ff0}, 0xf0f0f0f0},
    {"not.b32", {0xff00ff00}, 0x00ff00ff},
    {"not.b64", {1}, 0xfffffffffffffffe},
    {"and.b64", {0xf000000000000001, 0x8000000000000003}, 0x8000000000000001},
    {"or.b64", {0xf000000000000000, 1}, 0xf000000000000001},
    {"xor.b64", {0xf000000000000001, 1}, 0xf000000000000000},
    {"and.pred", {1, 0}, 0},
    {"or.pred", {1, 0}, 1},
    {"xor.pred", {1, 1}, 0},
    {"not.pred", {0}, 1},
};
INSTANTIATE_TEST_SUITE_P(Shifts, Operations, testing::ValuesIn(shifts));

// Floating Point Instructions: one rounding to nearest even, subnormal numbers, signs of zeros, NaN.
const Case floats[] = {
    {"add.rn.f32", {f(0x1p24), f(1)}, f(0x1p24)},
    {"add.rn.f32", {f(0x1p24), f(3)}, f(0x1p24 + 4)},
    {"add.rn.f32", {f(0x1p-149), f(0x1p-149)}, f(0x1p-148)},
    {"sub.rn.f32", {f(0x1.8p-126), f(0x1p-126)}, f(0x1p-127)},
    {"sub.rn.f64", {d(1), d(1)}, d(0)},
    {"add.rn.f64", {d(-0.0), d(-0.0)}, d(-0.0)},
    {"add.rn.f64", {d(inf), d(-inf)}, d_nan},
    {"mul.rn.f32", {f(0x1p-75), f(0x1p-75)}, f(0)},
    {"mul.rn.f32", {f(0x1.8p-75), f(-0x1p-75)}, f(-0x1p-149)},
    {"mul.rn.f32", {f(0x1p127), f(2)}, f(inf)},
    {"mul.rn.f64", {d(0), d(inf)}, d_nan},
    {"fma.rn.f32", {f(0x1.000002p0), f(0x1.000002p0), f(-0x1.000004p0)}, f(0x1p-46)},
    {"fma.rn.f64", {d(0x1.0000000000001p0), d(0x1.0000000000001p0), d(-0x1.0000000000002p0)}, d(0x1p-104)},
    {"fma.rn.f64", {d(0), d(inf), d(1)}, d_nan},
    {"div.rn.f32", {f(1), f(3)}, f(0x1.555556p-2)},
    {"div.rn.f64", {d(1), d(-0.0)}, d(-inf)},
    {"div.rn.f64", {d(0), d(0)}, d_nan},
    {"rcp.rn.f32", {f(3)}, f(0x1.555556p-2)},
    {"rcp.rn.f32", {f(0x1p127)}, f(0x1p-127)},
    {"rcp.rn.f64", {d(-inf)}, d(-0.0)},
    {"sqrt.rn.f32", {f(2)}, f(0x1.6a09e6p0)},
    {"sqrt.rn.f32", {f(-0.0)}, f(-0.0)},
    {"sqrt.rn.f64", {d(-1)}, d_nan},
    {"neg.f32", {f(0)}, f(-0.0)},
    {"abs.f64", {d(-0.0)}, d(0)},
    {"neg.f32", {0xffc00001}, f_nan},
    {"abs.f64", {0xfff8000000000001}, d_nan},
    {"mov.f32", {0xffa00001}, 0xffa00001},
    {"mov.f64", {0xfff0000000000001}, 0xfff0000000000001},
};
INSTANTIATE_TEST_SUITE_P(Floats, Operations, testing::ValuesIn(floats));

// min, max: a number before a NaN, -0 before +0.
const Case extrema[] = {
    {"min.f32", {f(1), f(2)}, f(1)},         {"max.f32", {f(1), f(2)}, f(2)},
    {"min.f32", {f(nan), f(2)}, f(2)},       {"min.f32", {f(2), f(nan)}, f(2)},
    {"max.f32", {f(nan), f(-inf)}, f(-inf)}, {"max.f32", {f(-inf), f(nan)}, f(-inf)},
    {"min.f32", {f(nan), f(nan)}, f_nan},    {"max.f32", {f(nan), f(nan)}, f_nan},
    {"min.f32", {f(0), f(-0.0)}, f(-0.0)},   {"min.f32", {f(-0.0), f(0)}, f(-0.0)},
    {"max.f32", {f(0), f(-0.0)}, f(0)},      {"max.f32", {f(-0.0), f(0)}, f(0)},
    {"min.f64", {d(nan), d(2)}, d(2)},       {"max.f64", {d(2), d(nan)}, d(2)},
    {"min.f64", {d(0), d(-0.0)}, d(-0.0)},   {"max.f64", {d(-0.0), d(0)}, d(0)},
    {"min.f64", {d(nan), d(nan)}, d_nan},
};
INSTANTIATE_TEST_SUITE_P(Extrema, Operations, testing::ValuesIn(extrema));

// cvt: narrowing rounds to nearest even, overflows to infinity and keeps subnormal numbers; widening is exact.
const Case conversions[] = {
    {"cvt.rn.f32.f64", {d(1 + 0x1p-24)}, f(1)},
    {"cvt.rn.f32.f64", {d(1 + 0x1p-23 + 0x1p-24)}, f(1 + 0x1p-22)},
    {"cvt.rn.f32.f64", {d(1 + 0x1p-24 + 0x1p-52)}, f(1 + 0x1p-23)},
    {"cvt.rn.f32.f64", {d(0x1.fffffefffffffp127)}, f(0x1.fffffep127)},
    {"cvt.rn.f32.f64", {d(0x1.ffffffp127)}, f(inf)},
    {"cvt.rn.f32.f64", {d(-1e300)}, f(-inf)},
    {"cvt.rn.f32.f64", {d(0x1p-150)}, f(0)},
    {"cvt.rn.f32.f64", {d(-0x1.0000000000001p-150)}, f(-0x1p-149)},
    {"cvt.rn.f32.f64", {d(0x1.8p-149)}, f(0x1p-148)},
    {"cvt.rn.f32.f64", {d(nan)}, f_nan},
    {"cvt.f64.f32", {f(0x1p-149)}, d(0x1p-149)},
    {"cvt.f64.f32", {f(-inf)}, d(-inf)},
    {"cvt.f64.f32", {f(nan)}, d_nan},
    {"cvt.u32.u64", {0x123456789abcdef0}, 0x9abcdef0},
    {"cvt.u64.u32", {0xfffffffb}, 0xfffffffb},
    {"mul.hi.s32", {i(-3), i(0x7fffffff)}, i(-2)},
    {"mul.wide.u32", {0xffffffff, 3}, 0x2fffffffd},
    {"div.u32", {0xfffffffe, 3}, 0x55555554},
    {"rem.u32", {0xfffffffe, 3}, 2},
    {"min.u32", {0xffffffff, 3}, 3},
    {"max.u32", {0xffffffff, 3}, 0xffffffff},
    {"cvt.s64.s32", {i(-5)}, l(-5)},
    {"cvt.s64.s32", {i(0x7fffffff)}, l(0x7fffffff)},
};
INSTANTIATE_TEST_SUITE_P(Conversions, Operations, testing::ValuesIn(conversions));

// selp
const Case selections[] = {
    {"selp.f32", {0x7f800001, f(2), 1}, 0x7f800001},
    {"selp.f32", {f(1), f(2), 0}, f(2)},
    {"selp.f64", {d(1), d(2), 1}, d(1)},
    {"selp.f64", {d(1), d(2), 0}, d(2)},
    {"selp.b32", {1, 2, 1}, 1},
    {"selp.b64", {1, 2, 0}, 2},
};
INSTANTIATE_TEST_SUITE_P(Selections, Operations, testing::ValuesIn(selections));

/// What a comparison says of a < b, a = b, a > b, and of floats where one is NaN.
struct Comparison {
  const char *name;
  bool less, equal, greater, unordered;
};

void expect_comparisons(const std::string &type, std::uint64_t low, std::uint64_t high, const Comparison &comparison) {
  const std::string name = fmt::format("setp.{}.{}", comparison.name, type);
  SCOPED_TRACE(name);
  EXPECT_EQ(evaluate(name, {low, high}), comparison.less);
  EXPECT_EQ(evaluate(name, {low, low}), comparison.equal);
  EXPECT_EQ(evaluate(name, {high, low}), comparison.greater);
}

const Comparison float_comparisons[] = {
    {"eq", false, true, false, false}, {"equ", false, true, false, true},  {"ne", true, false, true, false},
    {"neu", true, false, true, true},  {"lt", true, false, false, false},  {"ltu", true, false, false, true},
    {"le", true, true, false, false},  {"leu", true, true, false, true},   {"gt", false, false, true, false},
    {"gtu", false, false, true, true}, {"ge", false, true, true, false},   {"geu", false, true, true, true},
    {"num", true, true, true, false},  {"nan", false, false, false, true},
};

TEST(Comparisons, OfFloats) {
  for (const Comparison &comparison : float_comparisons) {
    expect_comparisons("f32", f(-inf), f(0x1p-149), comparison);
    expect_comparisons("f64", d(-2), d(inf), comparison);
    for (const auto &[a, b] : {std::pair(nan, 1.0), {1.0, nan}, {nan, nan}}) {
      EXPECT_EQ(evaluate(fmt::format("setp.{}.f32", comparison.name), {f(a), f(b)}), comparison.unordered);
      EXPECT_EQ(evaluate(fmt::format("setp.{}.f64", comparison.name), {d(a), d(b)}), comparison.unordered);
    }
    EXPECT_EQ(evaluate(fmt::format("setp.{}.f64", comparison.name), {d(-0.0), d(0)}), comparison.equal);
  }
}

TEST(Comparisons, OfIntegers) {
  for (const char *name : {"eq", "ne", "lt", "le", "gt", "ge"}) {
    const auto *comparison = std::find_if(std::begin(float_comparisons), std::end(float_comparisons),
                                          [&](const Comparison &row) { return row.name == std::string(name); });
    expect_comparisons("s32", i(-1), i(1), *comparison);
    expect_comparisons("s64", l(-1), l(1), *comparison);
    expect_comparisons("u32", i(1), i(-1), *comparison);
    expect_comparisons("u64", l(1), l(-1), *comparison);
  }
  for (const char *type : {"b32", "b64"}) {
    expect_comparisons(type, 1, 2, {"eq", false, true, false, false});
    expect_comparisons(type, 1, 2, {"ne", true, false, true, false});
  }
}

}  // namespace
}  // namespace actinide::ptx
