// What the reader accepts and, above all, what it refuses: every form that it doesn't know, with line and text.
#include "tests/ptx/reader.h"

#include "tests/ptx/error.h"

#include <gtest/gtest.h>

namespace actinide::ptx {
namespace {

/// A module whose entry `kernel` has these statements; the first stands in line 16.
std::string with(const std::string &statements) {
  return ".version 7.0\n.target sm_80\n.address_size 64\n"
         ".visible .entry kernel(\n\t.param .u64 kernel_param_0,\n\t.param .u32 kernel_param_1,\n"
         "\t.param .f64 kernel_param_2\n)\n{\n"
         "\t.reg .pred %p<3>;\n\t.reg .b32 %r<4>;\n\t.reg .b64 %rd<4>;\n\t.reg .f32 %f<5>;\n\t.reg .f64 %fd<4>;\n\n" +
         statements + "\n\tret;\n}\n";
}

std::string message_of(const std::string &text) {
  try {
    read_module(text);
  } catch (const Error &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Reader, AcceptsAModule) {
  const auto kernels = read_module(with("\tmov.u32 %r1, %tid.x; // a comment"));
  ASSERT_EQ(kernels.size(), 1);
  EXPECT_EQ(kernels[0].name, "kernel");
  EXPECT_EQ(kernels[0].parameters, (std::vector<Type>{Type::u64, Type::u32, Type::f64}));
  EXPECT_EQ(kernels[0].registers, 3 + 4 + 4 + 5 + 4 + 1);
  EXPECT_EQ(kernels[0].steps.size(), 2);
  EXPECT_EQ(kernels[0].steps[0].line, 16);
}

/// A statement, and what the message says of it.
using Refused = std::pair<const char *, const char *>;
class RefusedStatements : public testing::TestWithParam<Refused> {};

TEST_P(RefusedStatements, AreNamedWithLineAndText) {
  const auto &[statement, cause] = GetParam();
  // What the statement reads has been written, so that nothing but the statement can be wrong.
  const std::string before =
      "mov.pred %p1, 0; mov.u32 %r1, 1; mov.u64 %rd1, 1; mov.f32 %f1, 0f00000000; mov.f64 %fd1, 0d0000000000000000;\n";
  ASSERT_EQ(message_of(with(before)), "accepted");
  const std::string message = message_of(with(before + "\t" + statement));
  EXPECT_NE(message.find(fmt::format("line 17: {}: ", statement)), std::string::npos) << message;
  EXPECT_NE(message.find(cause), std::string::npos) << message;
}

const Refused modifiers[] = {
    {"add.f32 %f2, %f1, %f1;", "unknown instruction add.f32"},  // lets ptxas contract it
    {"add.ftz.f32 %f2, %f1, %f1;", "unknown instruction"},
    {"add.rn.ftz.f32 %f2, %f1, %f1;", "unknown instruction"},
    {"add.rn.sat.f32 %f2, %f1, %f1;", "unknown instruction"},
    {"add.rz.f32 %f2, %f1, %f1;", "unknown instruction"},
    {"add.rm.f64 %fd2, %fd1, %fd1;", "unknown instruction"},
    {"add.rp.f64 %fd2, %fd1, %fd1;", "unknown instruction"},
    {"div.approx.f32 %f2, %f1, %f1;", "unknown instruction"},
    {"div.full.f32 %f2, %f1, %f1;", "unknown instruction"},
    {"sqrt.approx.f32 %f2, %f1;", "unknown instruction"},
    {"rcp.approx.ftz.f64 %fd2, %fd1;", "unknown instruction"},
    {"ex2.approx.f32 %f2, %f1;", "unknown instruction"},
    {"tanh.approx.f32 %f2, %f1;", "unknown instruction"},
    {"neg.ftz.f32 %f2, %f1;", "unknown instruction"},
    {"min.NaN.f32 %f2, %f1, %f1;", "unknown instruction"},
    {"setp.lt.ftz.f32 %p2, %f1, %f1;", "unknown instruction"},
    {"setp.lt.and.f32 %p2, %f1, %f1, %p1;", "unknown instruction"},
    {"cvt.f32.f64 %f2, %fd1;", "unknown instruction"},
    {"cvt.rz.f32.f64 %f2, %fd1;", "unknown instruction"},
    {"cvt.rn.sat.f32.f64 %f2, %fd1;", "unknown instruction"},
    {"cvt.rzi.s32.f32 %r2, %f1;", "unknown instruction"},
    {"mul24.lo.s32 %r2, %r1, %r1;", "unknown instruction"},
    {"add.cc.s32 %r2, %r1, %r1;", "unknown instruction"},
    {"ld.global.nc.f32 %f2, [%rd1];", "no access to memory has the type nc.f32"},
    {"ld.volatile.global.f32 %f2, [%rd1];", "unknown instruction"},
    {"ld.global.ca.f32 %f2, [%rd1];", "no access to memory has the type ca.f32"},
    {"ld.global.v8.f32 %f2, [%rd1];", "no access to memory has the type v8.f32"},
    {"ld.global.v4.f64 {%fd1, %fd2, %fd3, %fd1}, [%rd1];", "no access to memory has the type v4.f64"},
    {"ld.global.pred %p2, [%rd1];", "no access to memory has the type pred"},
    {"ld.shared.f32 %f2, [%rd1];", "unknown instruction"},
    {"ld.f32 %f2, [%rd1];", "unknown instruction"},
    {"st.global.wt.f32 [%rd1], %f1;", "no access to memory has the type wt.f32"},
    {"st.local.f32 [%rd1], %f1;", "unknown instruction"},
    {"ld.param.b8 %r2, [kernel_param_1];", "unknown instruction"},
    {"ld.param.v2.f64 %fd2, [kernel_param_2];", "unknown instruction"},
    {"bar.sync 0;", "unknown instruction"},
    {"atom.global.add.f32 %f2, [%rd1], %f1;", "unknown instruction"},
    {"call.uni f;", "unknown instruction"},
    {"trap;", "unknown instruction"},
    {"ret.uni;", "unknown instruction"},
    {"@%p1 bra.uni L;", "only bra is known under a predicate"},
    {"@%p1 ret;", "only bra is known under a predicate"},
    {"@%p1 mov.u32 %r2, 1;", "only bra is known under a predicate"},
    {".loc 1 2 3;", "unknown instruction .loc"},
    {".pragma unroll;", "unknown instruction .pragma"},
};
INSTANTIATE_TEST_SUITE_P(Modifiers, RefusedStatements, testing::ValuesIn(modifiers));

const Refused operands[] = {
    {"add.rn.f32 %f2, %f1;", "3 operands expected"},
    {"add.rn.f32 %f2, %f1, %f1, %f1;", "3 operands expected"},
    {"add.rn.f32 %f2, %f1, ;", "an operand is missing"},
    {"ret %r1;", "0 operands expected"},
    {"add.rn.f32 %f2, %f9, %f1;", "there is no register %f9"},
    {"add.rn.f32 %f2, %fd1, %f1;", "%fd1 is a .f64, a .f32 expected"},
    {"add.rn.f32 %fd2, %f1, %f1;", "%fd2 is a .f64, a .f32 expected"},
    {"add.s32 %r2, %f1, %r1;", "%f1 is a .f32, a .s32 expected"},
    {"add.s64 %rd2, %r1, %rd1;", "%r1 is a .b32, a .s64 expected"},
    {"shl.b64 %rd2, %rd1, %rd1;", "%rd1 is a .b64, a .u32 expected"},
    {"selp.f32 %f2, %f1, %f1, %r1;", "%r1 is a .b32, a .pred expected"},
    {"and.pred %p2, %p1, %r1;", "%r1 is a .b32, a .pred expected"},
    {"add.rn.f32 0f00000000, %f1, %f1;", "there is no register 0f00000000"},
    {"add.rn.f32 %f2, -%f1, %f1;", "a hexadecimal floating-point constant expected"},
    {"add.rn.f32 %f2, %f1, 1;", "'1' is no constant of a .f32"},
    {"add.rn.f32 %f2, %f1, 1.0;", "'1.0' is no constant of a .f32"},
    {"add.rn.f32 %f2, %f1, 0f3F80000;", "'0f3F80000' is no constant of a .f32"},
    {"add.rn.f32 %f2, %f1, 0f3F80000G;", "'0f3F80000G' is no constant of a .f32"},
    {"add.rn.f32 %f2, %f1, 0d3FF0000000000000;", "is no constant of a .f32"},
    {"add.rn.f64 %fd2, %fd1, 0f3F800000;", "is no constant of a .f64"},
    {"add.s32 %r2, %r1, 0x10;", "'0x10' is no decimal constant"},
    {"add.s32 %r2, %r1, 010;", "'010' is no decimal constant"},
    {"add.s32 %r2, %r1, -010;", "'-010' is no decimal constant"},
    {"add.s32 %r2, %r1, 1 0;", "'1 0' is no decimal constant"},
    {"add.s32 %r2, %r1, - -1;", "'--1' is no decimal constant"},
    {"add.s32 %r2, %r1, -;", "'-' is no decimal constant"},
    {"add.s32 %r2, %r1, 10U;", "'10U' is no decimal constant"},
    {"add.s32 %r2, %r1, 4294967296;", "4294967296 doesn't fit"},
    {"add.s32 %r2, %r1, -2147483649;", "-2147483649 doesn't fit"},
    {"add.s64 %rd2, %rd1, 18446744073709551616;", "is no decimal constant"},
    {"mov.u32 %r2, %tid.y;", "there is no register %tid.y"},
    {"mov.u32 %r2, %laneid;", "there is no register %laneid"},
    {"add.s32 %r2, %r1, %tid.x;", "only mov.u32 reads special registers"},
    {"mov.u32 %tid.x, %r1;", "there is no register %tid.x"},
    {"mov.b64 %rd2, {%r1, %rd1};", "%rd1 is a .b64, a .b32 expected"},
    {"mov.b64 {%rd2, %r2}, %rd1;", "%rd2 is a .b64, a .b32 expected"},
    {"ld.param.u32 %r2, [kernel_param_9];", "there is no parameter kernel_param_9"},
    {"ld.param.u32 %r2, [kernel_param_0];", "the parameter is a .u64"},
    {"ld.param.u64 %rd2, [kernel_param_0+8];", "a register and [a parameter] expected"},
    {"ld.global.f32 %f2, %rd1;", "[a register] expected"},
    {"ld.global.f32 %f2, [%r1];", "%r1 is a .b32, a .u64 expected"},
    {"ld.global.f32 %f2, [%rd1+%rd1];", "is no decimal constant"},
    {"ld.global.f32 %f2, [%rd1-8];", "[a register + a number] expected"},
    {"ld.global.f32 %f2, [%rd1+];", "a constant is missing"},
    {"ld.global.f32 %fd2, [%rd1];", "%fd2 is a .f64, a .f32 expected"},
    {"ld.global.v2.f32 {%fd2, %fd3}, [%rd1];", "%fd2 is a .f64, a .f32 expected"},
    {"ld.global.v2.f32 {%f2}, [%rd1];", "2 registers in braces expected"},
    {"ld.global.v2.f32 %f2, [%rd1];", "2 registers in braces expected"},
    {"ld.global.v2.f32 {%f2, 0f00000000}, [%rd1];", "there is no register 0f00000000"},
    {"st.global.f32 [%rd1], 0f00000000;", "there is no register 0f00000000"},
    {"bra %p1;", "there is no label %p1"},
    {"@%r1 bra L;", "%r1 is a .b32, a .pred expected"},
    {"add.rn.f32 %f2, %f2, %f1;", "may be read before it is written"},
    {"st.global.f32 [%rd1], %f2;", "may be read before it is written"},
    {"ld.global.f32 %f1, [%rd2];", "may be read before it is written"},
    {"@%p2 bra L; L:", "may be read before it is written"},
};
INSTANTIATE_TEST_SUITE_P(Operands, RefusedStatements, testing::ValuesIn(operands));

TEST(Reader, RefusesARegisterThatOnlyOnePathWrites) {
  const std::string start = "mov.pred %p1, 0; @%p1 bra L; ";
  EXPECT_EQ(message_of(with(start + "mov.u32 %r1, 1; L: mov.u32 %r1, 2; mov.u32 %r2, %r1;")), "accepted");
  EXPECT_NE(message_of(with(start + "mov.u32 %r1, 1; L: mov.u32 %r2, %r1;")).find("before it is written"),
            std::string::npos);
  // What follows an unguarded jump isn't reached by it.
  EXPECT_EQ(message_of(with(start + "mov.u32 %r1, 1; bra.uni M; L: bra.uni E; M: mov.u32 %r2, %r1; E:")), "accepted");
  // The second turn of the loop has the register, the first hasn't.
  EXPECT_NE(message_of(with("L: mov.u32 %r2, %r1; mov.u32 %r1, 1; mov.pred %p1, 0; @%p1 bra L;")).find("before it is"),
            std::string::npos);
}

/// The module with `from` replaced by `to`.
using Change = std::tuple<const char *, const char *, const char *>;
class RefusedModules : public testing::TestWithParam<Change> {};

TEST_P(RefusedModules, AreNamedWithLineAndText) {
  const auto &[from, to, cause] = GetParam();
  std::string text = with("mov.u32 %r1, 1;");
  const std::size_t at = text.find(from);
  ASSERT_NE(at, text.npos);
  text.replace(at, std::string(from).size(), to);
  const std::string message = message_of(text);
  EXPECT_TRUE(message.starts_with("line ")) << message;
  EXPECT_NE(message.find(cause), std::string::npos) << message;
}

const Change changes[] = {
    {".version 7.0", ".version 6.5", "one of 7.0, 7.8 expected"},
    {".target sm_80", ".target sm_75", "one of sm_80, sm_90 expected"},
    {".target sm_80", ".target sm_80, debug", "'.address_size' expected"},
    {".address_size 64", ".address_size 32", "'64' expected"},
    {".visible .entry", ".entry", "'.visible' expected"},
    {".visible .entry", ".visible .func", "'.entry' expected"},
    {".visible .entry", ".global .f32 table; .visible .entry", "'.visible' expected"},
    {".param .u64", ".param .align 8 .u64", "a type that kernels don't use here"},
    {".param .u64", ".param .b8", "a type that kernels don't use here"},
    {"kernel_param_1", "kernel_param_0", "kernel_param_0 is declared twice"},
    {")\n{", ")\n.maxntid 256, 1, 1\n{", "'{' expected"},
    {".reg .b32", ".reg .b8", "a type that kernels don't use here"},
    {".reg .b32", ".local .b32", "unknown instruction .local"},
    {"%r<4>", "%r", "'<' expected"},
    {"%r<4>", "%r<x>", "'x' is no number of registers"},
    {"%r<4>", "%rd<4>", "%rd0 is declared twice"},
    {"mov.u32 %r1, 1;", "{ mov.u32 %r1, 1; }", "'.reg' expected"},
    {"mov.u32 %r1, 1;", "/* a comment */", "no PTX that kernels use has the character '/'"},
    {"mov.u32 %r1, 1;", "mov.u32 %r1, 1", "'1 ret' is no decimal constant"},
    {"mov.u32 %r1, 1;", "bra L;", "there is no label L"},
    {"mov.u32 %r1, 1;", "L: L: mov.u32 %r1, 1;", "the label is defined twice"},
    {"\tret;\n", "L: bra L; M:\n", "doesn't end with ret"},
    {"\tret;\n", "", "doesn't end with ret"},
    {"\tret;\n}\n", "", "the text ends too early"},
    {"}\n", "", "the text ends too early"},
};
INSTANTIATE_TEST_SUITE_P(All, RefusedModules, testing::ValuesIn(changes));

}  // namespace
}  // namespace actinide::ptx
