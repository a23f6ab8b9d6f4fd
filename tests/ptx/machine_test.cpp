// How threads run, and what they mustn't do.
#include "tests/ptx/machine.h"

#include "tests/ptx/error.h"
#include "tests/ptx/reader.h"

#include <gtest/gtest.h>

#include <cstring>

namespace actinide::ptx {
namespace {

/// A kernel of two pointers and a number. %rd1 and %rd2 are the pointers, %r1 is the number and %r2 the thread among
/// all; %rd3 and %rd4 are the pointers at the thread's word.
Kernel kernel_of(const std::string &statements) {
  return read_kernel(
      ".version 7.0\n.target sm_80\n.address_size 64\n"
      ".visible .entry kernel(.param .u64 kernel_param_0, .param .u64 kernel_param_1, .param .u32 kernel_param_2)\n{\n"
      ".reg .pred %p<4>;\n.reg .b32 %r<12>;\n.reg .b64 %rd<8>;\n"
      "ld.param.u64 %rd1, [kernel_param_0];\nld.param.u64 %rd2, [kernel_param_1];\nld.param.u32 %r1, "
      "[kernel_param_2];\n"
      "mov.u32 %r3, %tid.x;\nmov.u32 %r4, %ntid.x;\nmov.u32 %r5, %ctaid.x;\nmad.lo.s32 %r2, %r5, %r4, %r3;\n"
      "mul.wide.s32 %rd5, %r2, 4;\nadd.s64 %rd3, %rd1, %rd5;\nadd.s64 %rd4, %rd2, %rd5;\n" +
          statements + "\nret;\n}\n",
      "kernel");
}

std::vector<std::uint8_t> bytes_of(const std::vector<std::uint32_t> &words) {
  std::vector<std::uint8_t> bytes(4 * words.size());
  if (!words.empty()) std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

class Machine : public testing::Test {
 protected:
  /// Runs the statements, of which there are as many words as threads in each buffer.
  void run(const std::string &statements, const Grid &grid = {2, 4}, bool in_place = false) {
    std::vector<std::uint32_t> input(grid.threads());
    for (std::uint32_t i = 0; i < grid.threads(); ++i) input[i] = 100 + i;
    memory_ = {};
    const std::uint64_t from = memory_.add(bytes_of(input), 4, in_place ? Access::both : Access::read);
    to_ = in_place ? from : memory_.add(bytes_of(input), 4, Access::write);
    const Kernel kernel = kernel_of(statements);
    Launch(kernel, grid, {argument(from), argument(to_), argument(grid.threads())}, memory_).run_shuffled(1);
  }

  std::vector<std::uint32_t> output() const {
    const auto bytes = memory_.content(to_);
    std::vector<std::uint32_t> words(bytes.size() / 4);
    std::memcpy(words.data(), bytes.data(), bytes.size());
    return words;
  }

  std::string message_of(const std::string &statements, bool in_place = false) {
    try {
      run(statements, {2, 4}, in_place);
    } catch (const Error &error) {
      return error.what();
    }
    return "accepted";
  }

  void expect_refused(const std::string &statements, const std::string &cause, bool in_place = false) {
    const std::string message = message_of(statements, in_place);
    EXPECT_NE(message.find(cause), std::string::npos) << message;
    EXPECT_TRUE(message.starts_with("line ")) << message;
  }

  Memory memory_;
  std::uint64_t to_ = 0;
};

TEST_F(Machine, GivesEachThreadItsPlaceInTheGrid) {
  run("mov.u32 %r6, %nctaid.x; mul.lo.s32 %r7, %r6, 1000; mad.lo.s32 %r8, %r4, 100, %r7; mad.lo.s32 %r9, %r5, 10, %r8; "
      "add.s32 %r10, %r9, %r3; st.global.u32 [%rd4], %r10;",
      {3, 2});
  EXPECT_EQ(output(), (std::vector<std::uint32_t>{3200, 3201, 3210, 3211, 3220, 3221}));
}

TEST_F(Machine, JumpsWhereAPredicateSaysSo) {
  // Adds up the thread's number times its number by a loop, and leaves the threads from 5 on out.
  run("setp.ge.s32 %p1, %r2, 5; @%p1 bra END; mov.u32 %r6, 0; mov.u32 %r7, 0; bra.uni TEST;\n"
      "LOOP: add.s32 %r7, %r7, %r2; add.s32 %r6, %r6, 1;\n"
      "TEST: setp.ge.s32 %p2, %r6, %r2; @!%p2 bra LOOP; st.global.u32 [%rd4], %r7; END:");
  EXPECT_EQ(output(), (std::vector<std::uint32_t>{0, 1, 4, 9, 16, 105, 106, 107}));
}

TEST_F(Machine, KeepsARegisterToItsThread) {
  run("ld.global.u32 %r6, [%rd3]; st.global.u32 [%rd4], %r6;");
  EXPECT_EQ(output(), (std::vector<std::uint32_t>{100, 101, 102, 103, 104, 105, 106, 107}));
}

TEST_F(Machine, LoadsAndStoresVectors) {
  run("setp.ge.s32 %p1, %r2, 1; @%p1 bra END; ld.global.v4.u32 {%r6, %r7, %r8, %r9}, [%rd1+16]; "
      "st.global.v4.u32 [%rd2], {%r9, %r8, %r7, %r6}; ld.global.v2.u32 {%r6, %r7}, [%rd1+24]; "
      "st.global.v2.u32 [%rd2+16], {%r7, %r6}; END:");
  EXPECT_EQ(output(), (std::vector<std::uint32_t>{107, 106, 105, 104, 107, 106, 106, 107}));
}

TEST_F(Machine, TakesANegativeOffset) {
  run("add.s64 %rd3, %rd3, 4; ld.global.u32 %r6, [%rd3+-4]; st.global.u32 [%rd4], %r6;");
  EXPECT_EQ(output().at(7), 107);
}

TEST_F(Machine, RefusesWhatLiesOutsideABuffer) {
  expect_refused("ld.global.u32 %r6, [%rd3+4];", "4 bytes at offset 32 of a buffer of 32 bytes");
  expect_refused("ld.global.u32 %r6, [%rd3+-4];", "4 bytes at offset -4 of a buffer of 32 bytes");
  expect_refused("ld.global.v4.u32 {%r6, %r7, %r8, %r9}, [%rd1+32];", "16 bytes at offset 32");
  expect_refused("ld.global.v4.u32 {%r6, %r7, %r8, %r9}, [%rd1+20];", "16 bytes at offset 20");
  expect_refused("mov.u64 %rd6, 0; ld.global.u32 %r6, [%rd6];", "lies in no buffer");
  expect_refused("mov.u64 %rd6, -4; ld.global.u32 %r6, [%rd6];", "lies in no buffer");
}

TEST_F(Machine, RefusesMisalignedAccess) {
  expect_refused("ld.global.u32 %r6, [%rd1+2];", "misaligned");
  expect_refused("ld.global.v2.u32 {%r6, %r7}, [%rd1+4];", "misaligned");
  expect_refused("ld.global.v4.u32 {%r6, %r7, %r8, %r9}, [%rd1+8];", "misaligned");
}

TEST_F(Machine, RefusesAnotherSizeThanTheElements) {
  expect_refused("ld.global.u64 %rd6, [%rd1];", "an element of 8 bytes in a buffer of elements of 4");
  expect_refused("st.global.u64 [%rd2], %rd1;", "an element of 8 bytes in a buffer of elements of 4");
}

TEST_F(Machine, RefusesToWriteInputsAndToReadOutputs) {
  expect_refused("st.global.u32 [%rd3], %r1;", "a store to an input");
  expect_refused("ld.global.u32 %r6, [%rd4];", "a load from an output");
}

TEST_F(Machine, RefusesTwoThreadsThatWriteTheSame) {
  expect_refused("st.global.u32 [%rd2], %r1;", "write the same element");
}

TEST_F(Machine, RefusesWhatDependsOnTheOrderOfThreadsInPlace) {
  EXPECT_EQ(message_of("ld.global.u32 %r6, [%rd3]; st.global.u32 [%rd3], %r6;", true), "accepted");
  // Each thread reads its neighbour's word. Some come before their neighbour, some after: either is refused.
  const std::string from_neighbour = "xor.b32 %r6, %r2, 1; mul.wide.s32 %rd5, %r6, 4; add.s64 %rd6, %rd1, %rd5; ";
  expect_refused(from_neighbour + "ld.global.u32 %r7, [%rd6]; st.global.u32 [%rd3], %r7;", "thread", true);
  expect_refused(
      "setp.eq.s32 %p1, %r2, 3; @%p1 bra W; ld.global.u32 %r6, [%rd1+12]; bra.uni END; "
      "W: st.global.u32 [%rd3], %r2; END:",
      "thread", true);
}

TEST(Memory, RefusesToWriteWhatOthersHaveRead) {
  Memory memory;
  const std::uint64_t address = memory.add(std::vector<std::uint8_t>(8), 4, Access::both);
  std::uint64_t word[1] = {7};
  memory.load(1, address, 4, word);
  EXPECT_THROW(memory.store(2, address, 4, word), Error);
  EXPECT_NO_THROW(memory.store(1, address, 4, word));
  EXPECT_THROW(memory.load(2, address, 4, word), Error);
  memory.load(1, address + 4, 4, word);
  memory.load(2, address + 4, 4, word);
  EXPECT_THROW(memory.store(1, address + 4, 4, word), Error);
}

TEST(Memory, LetsAWarpWriteWhatItHasReadOnceItHasSynchronized) {
  Memory memory;
  const std::uint64_t address = memory.add(std::vector<std::uint8_t>(8), 4, Access::both);
  std::uint64_t word[1] = {7};
  memory.load(1, address, 4, word);
  memory.load(2, address, 4, word);
  EXPECT_THROW(memory.store(3, address, 4, word), Error);
  memory.synchronize(1);
  EXPECT_THROW(memory.store(3, address, 4, word), Error) << "another warp has synchronized";
  memory.synchronize(0);
  EXPECT_THROW(memory.store(32, address, 4, word), Error) << "of another warp";
  memory.load(3, address, 4, word);
  EXPECT_NO_THROW(memory.store(3, address, 4, word));
  EXPECT_THROW(memory.load(4, address, 4, word), Error);
  memory.synchronize(0);
  EXPECT_NO_THROW(memory.load(4, address, 4, word));
}

/// A module with one entry of two warps; thread t begins with its number in %r1.
Kernel warp_kernel(const std::string &body) {
  return read_kernel(
      ".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry e(.param .u64 e_param_0)\n{\n"
      ".reg .pred %p<4>;\n.reg .b32 %r<9>;\n.reg .b64 %rd<9>;\n"
      "ld.param.u64 %rd1, [e_param_0];\nmov.u32 %r1, %tid.x;\nmul.wide.s32 %rd2, %r1, 4;\nadd.s64 %rd3, %rd1, %rd2;\n" +
          body + "\nret;\n}\n",
      "e");
}

std::vector<std::uint32_t> run_warps(const std::string &body, const Grid &grid = {1, 64}) {
  const Kernel kernel = warp_kernel(body);
  std::vector<std::uint32_t> words(grid.threads());
  Memory memory;
  const std::vector<std::uint8_t> bytes(words.size() * 4);
  const std::uint64_t address = memory.add(bytes, 4, Access::both);
  Launch(kernel, grid, {argument(address)}, memory).run_shuffled(3);
  std::memcpy(words.data(), memory.content(address).data(), bytes.size());
  return words;
}

std::string warp_complaint(const std::string &body, const Grid &grid = {1, 64}) {
  try {
    run_warps(body, grid);
  } catch (const Error &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Warps, Shuffle) {
  const std::vector<std::uint32_t> words =
      run_warps("add.s32 %r2, %r1, 3;\nshfl.sync.idx.b32 %r3, %r1, %r2, 31, -1;\nst.global.u32 [%rd3], %r3;");
  for (std::uint32_t t = 0; t < 64; ++t) EXPECT_EQ(words[t], t / 32 * 32 + (t + 3) % 32);
}

TEST(Warps, WaitForEachOtherAtOneStep) {
  const std::string apart = "setp.lt.s32 %p1, %r1, 7;\n@%p1 bra A;\nbar.warp.sync -1;\nbra.uni B;\nA: ";
  EXPECT_NE(warp_complaint(apart + "bar.warp.sync -1;\nB:").find("at different steps"), std::string::npos);
  EXPECT_NE(warp_complaint(apart + "bra.uni B;\nB:").find("at different steps"), std::string::npos)
      << "some have ended";
  EXPECT_EQ(warp_complaint("bar.warp.sync -1;"), "accepted");
}

TEST(Warps, AreWhole) {
  EXPECT_NE(warp_complaint("bar.warp.sync -1;", {1, 48}).find("whole warps"), std::string::npos);
  EXPECT_NE(warp_complaint("bar.warp.sync 3;").find("-1, expected"), std::string::npos);
  EXPECT_NE(warp_complaint("shfl.sync.idx.b32 %r3, %r1, %r1, 7, -1;").find("a whole warp"), std::string::npos);
  EXPECT_NE(warp_complaint("shfl.sync.idx.b32 %r3, %r1, %r1, 31, 1;").find("-1, expected"), std::string::npos);
}

TEST_F(Machine, RefusesAThreadThatNeverEnds) {
  expect_refused("LOOP: bra.uni LOOP;", "the thread doesn't end");
}

TEST_F(Machine, RefusesArgumentsThatDontFit) {
  const Kernel kernel = kernel_of("");
  const std::vector<std::vector<Argument>> wrong = {
      {},
      {argument(std::uint64_t{1}), argument(std::uint64_t{1})},
      {argument(std::uint64_t{1}), argument(std::uint64_t{1}), argument(std::uint64_t{1})},
      {argument(1.0), argument(std::uint64_t{1}), argument(std::uint32_t{1})},
  };
  for (const std::vector<Argument> &arguments : wrong)
    EXPECT_THROW(Launch(kernel, {1, 1}, arguments, memory_), Error) << arguments.size();
}

}  // namespace
}  // namespace actinide::ptx
