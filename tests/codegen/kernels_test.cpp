// Whole kernels: every length, any alignment, in place, nothing touched outside, the same bits whatever the schedule.
#include "codegen/access.h"
#include "codegen/machine_passes.h"
#include "error.h"
#include "lowering/lower.h"
#include "tests/codegen/support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <llvm/ADT/SmallString.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Operator.h>
#include <llvm/Pass.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <functional>
#include <iterator>
#include <memory>
#include <regex>
#include <thread>

namespace actinide::test {
namespace {

constexpr std::size_t lengths[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,  13,  15,  16,  17,
                                   22, 31, 32, 33, 42, 52, 63, 64, 65, 85, 127, 128, 129, 1003};

/// Arithmetic of all kinds in a chain; depends on every bit of the input and on its order of operations.
Draft chain(Type type) {
  Draft draft;
  const ValueId x = draft.tensor(type);
  ValueId y = draft.make(Code::fma, type, {x, x, draft.number(type, 0.1)});
  for (int i = 0; i < 8; ++i) y = draft.make(Code::fma, type, {y, x, draft.number(type, 1.0 / (i + 3))});
  const ValueId negative = draft.make(Code::less, Type::boolean, {x, draft.number(type, 0)});
  y = draft.make(Code::select, type, {negative, draft.make(Code::neg, type, {y}), y});
  const ValueId root = draft.make(Code::sqrt, type, {draft.make(Code::abs, type, {x})});
  draft.output(draft.make(Code::div, type, {y, draft.make(Code::add, type, {root, draft.number(type, 1)})}));
  return draft;
}

/// f32 stored, f64 inside.
Draft wide_chain() {
  Draft draft;
  const ValueId x = draft.make(Code::widen, Type::f64, {draft.tensor(Type::f32)});
  ValueId y = x;
  for (int i = 0; i < 8; ++i) y = draft.make(Code::fma, Type::f64, {y, x, draft.number(Type::f64, 1.0 / (i + 3))});
  draft.output(draft.make(Code::narrow, Type::f32, {y}));
  return draft;
}

/// Two inputs, a parameter, two outputs that share work: with the first output written over the first input the second
/// must still see what was there.
Draft two_outputs(Type type) {
  Draft draft;
  const ValueId a = draft.tensor(type);
  const ValueId b = draft.tensor(type);
  ValueId p = draft.parameter();
  if (type == Type::f32) p = draft.make(Code::narrow, Type::f32, {p});
  const ValueId shared = draft.make(Code::fma, type, {a, p, b});
  draft.output(draft.make(Code::mul, type, {shared, b}));
  draft.output(draft.make(Code::sub, type, {a, shared}));
  return draft;
}

struct Case {
  std::string name;
  Program program;
  Target target;
};
void PrintTo(const Case &test, std::ostream *out) {
  *out << test.name << " " << test.target.name;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Target &target : targets_here()) {
    all.push_back({"chain_f32", chain(Type::f32).program(), target});
    all.push_back({"chain_f64", chain(Type::f64).program(), target});
    all.push_back({"wide_chain_f32", wide_chain().program(), target});
    all.push_back({"two_outputs_f32", two_outputs(Type::f32).program(), target});
    all.push_back({"two_outputs_f64", two_outputs(Type::f64).program(), target});
  }
  return all;
}

class Kernels : public testing::TestWithParam<Case> {
 protected:
  const Program &program() const { return GetParam().program; }
  DType dtype() const { return program().inputs[0].dtype; }
  std::vector<double> parameters() const { return std::vector<double>(program().parameters.size(), 0.7); }
  Kernel compiled(Schedule schedule = {}) const { return compile(program(), GetParam().target, schedule); }
  std::vector<Values> inputs(std::size_t n) const {
    std::vector<Values> all;
    for (std::size_t k = 0; k < program().inputs.size(); ++k) all.push_back(some_values(dtype(), n, 11 + k));
    return all;
  }
};

TEST_P(Kernels, GiveTheInterpretersBitsAtEveryLength) {
  const Kernel kernel = compiled();
  for (std::size_t n : lengths) {
    std::vector<Values> values = inputs(n);
    expect_as_interpreted(kernel, values, parameters());
  }
}

TEST_P(Kernels, GiveTheSameBitsUnderEverySchedule) {
  for (int vectors : {1, 2, 3, 4, 8}) {
    SCOPED_TRACE(vectors);
    std::vector<Values> values = inputs(517);
    expect_as_interpreted(compiled({.vectors = vectors}), values, parameters());
  }
}

TEST_P(Kernels, WriteOverTheirInputsInPlace) {
  const Kernel kernel = compiled();
  for (std::size_t n : lengths) {
    std::vector<Values> values = inputs(n);
    const std::vector<Values> before = values;
    // Output k over input k, and, with two, crosswise as well.
    for (bool crosswise : {false, true}) {
      if (crosswise && program().outputs.size() < 2) continue;
      values = before;
      std::vector<void *> buffers;
      for (Values &input : values) buffers.push_back(input.data());
      for (std::size_t k = 0; k < program().outputs.size(); ++k) {
        buffers.push_back(buffers[crosswise ? values.size() - 1 - k : k]);
      }
      kernel.run(buffers, static_cast<std::int64_t>(n), parameters());
      for (std::size_t i = 0; i < n; ++i) {
        std::vector<double> element;
        for (const Values &input : before) element.push_back(input.get(i));
        const std::vector<double> expected = interpret(kernel.meaning, element, parameters());
        for (std::size_t k = 0; k < expected.size(); ++k) {
          const double got = values[crosswise ? values.size() - 1 - k : k].get(i);
          ASSERT_TRUE(same(got, expected[k])) << fmt::format("element {} of {}, output {}", i, n, k);
        }
      }
    }
  }
}

/// Memory for one buffer between two pages that must not be touched.
class Guarded {
 public:
  explicit Guarded(std::size_t bytes) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))), bytes_(bytes) {
    size_ = (bytes + page_ - 1) / page_ * page_ + 2 * page_;
    base_ = static_cast<char *>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_, page_, PROT_NONE);
    mprotect(base_ + size_ - page_, page_, PROT_NONE);
  }
  ~Guarded() { munmap(base_, size_); }
  Guarded(const Guarded &) = delete;
  Guarded &operator=(const Guarded &) = delete;
  char *at_start() { return base_ + page_; }
  char *at_end() { return base_ + size_ - page_ - bytes_; }

 private:
  std::size_t page_, bytes_, size_;
  char *base_;
};

TEST_P(Kernels, TouchNothingOutsideTheirBuffers) {
  const Kernel kernel = compiled();
  for (std::size_t n : lengths) {
    std::vector<Values> values = inputs(n);
    const std::size_t bytes = n * size_of(dtype());
    const std::size_t count = values.size() + program().outputs.size();
    std::vector<std::unique_ptr<Guarded>> memory;
    for (std::size_t k = 0; k < count; ++k) memory.push_back(std::make_unique<Guarded>(bytes));
    for (bool at_end : {false, true}) {
      std::vector<void *> buffers;
      for (std::size_t k = 0; k < count; ++k) {
        buffers.push_back(at_end ? memory[k]->at_end() : memory[k]->at_start());
        if (k < values.size()) std::memcpy(buffers[k], values[k].data(), bytes);
      }
      kernel.run(buffers, static_cast<std::int64_t>(n), parameters());  // dies on a guard page
    }
  }
}

TEST_P(Kernels, TakeAnyAlignment) {
  const Kernel kernel = compiled();
  constexpr std::size_t n = 203;
  const std::size_t bytes = n * size_of(dtype());
  std::vector<Values> values = inputs(n);
  for (std::size_t shift : {1, 2, 4, 12, 31}) {
    std::vector<std::vector<char>> memory(values.size() + program().outputs.size(), std::vector<char>(bytes + 64));
    std::vector<void *> buffers;
    for (std::size_t k = 0; k < memory.size(); ++k) {
      buffers.push_back(memory[k].data() + shift * (k + 1) % 61);
      if (k < values.size()) std::memcpy(buffers[k], values[k].data(), bytes);
    }
    kernel.run(buffers, n, parameters());
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<double> element;
      for (const Values &input : values) element.push_back(input.get(i));
      const std::vector<double> expected = interpret(kernel.meaning, element, parameters());
      for (std::size_t k = 0; k < expected.size(); ++k) {
        Values output(dtype(), n);
        std::memcpy(output.data(), buffers[values.size() + k], bytes);
        ASSERT_TRUE(same(output.get(i), expected[k])) << fmt::format("element {}, shift {}, output {}", i, shift, k);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Kernels, testing::ValuesIn(cases()), [](const auto &test) {
  std::string name = test.param.name + "_" + test.param.target.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

/// Constant functions and parameters alone: no input is read, all elements are written.
TEST(Kernel, OfAConstantFillsItsOutput) {
  for (const Target &target : targets_here()) {
    Draft draft;
    draft.tensor(Type::f32);
    draft.output(draft.number(Type::f32, -0.0));
    std::vector<Values> inputs{some_values(DType::f32, 77, 3)};
    expect_as_interpreted(compile(draft.program(), target), inputs);
  }
}

Module compiled_module(const Program &program, const Target &target) {
  Module module(target, "test");
  module.add_kernel("kernel", lower(program, {}, target.lanes(static_cast<int>(size_of(program.outputs[0].dtype)))));
  module.optimize();
  return module;
}

std::string internal_error_of(const std::function<void()> &action) {
  try {
    action();
  } catch (const InternalError &error) {
    return error.what();
  }
  return "no error";
}

TEST(Kernel, OfAnUnknownNodeIsRefusedByName) {
  const Halide::Expr call =
      Halide::Internal::Call::make(Halide::Float(32), "sin_f32", {1.0F}, Halide::Internal::Call::PureExtern);
  const Halide::Internal::Stmt assertion = Halide::Internal::AssertStmt::make(Halide::Internal::const_true(), 0);
  for (const auto &[body, name] :
       {std::pair(Halide::Internal::Evaluate::make(call), "sin_f32"), std::pair(assertion, "assert")}) {
    const LoweredKernel kernel{.kernel = {}, .programs = {}, .bodies = {{{{body, {}}}}}, .native_lanes = 8};
    Module module(parse_target("x86-64-v3"), "test");
    const std::string message = internal_error_of([&] { module.add_kernel("kernel", kernel); });
    EXPECT_NE(message.find(name), std::string::npos) << message;
  }
}

TEST(Kernel, ThatCallsTheLibraryIsRefused) {
  Module module = compiled_module(chain(Type::f32).program(), parse_target("x86-64-v3"));
  llvm::Module &code = ModuleAccess::llvm_module(module);
  llvm::IRBuilder<> builder(code.getFunction("kernel")->getEntryBlock().getTerminator());
  builder.CreateCall(code.getOrInsertFunction("sinf", builder.getFloatTy(), builder.getFloatTy()),
                     {llvm::ConstantFP::get(builder.getFloatTy(), 1)});
  const std::string message = internal_error_of([&] { module.object(); });
  EXPECT_NE(message.find("sinf"), std::string::npos) << message;
}

class Emitted : public testing::TestWithParam<Target> {};

TEST_P(Emitted, HasNoFastMathAndNoCalls) {
  for (Type type : {Type::f32, Type::f64}) {
    Module module = compiled_module(chain(type).program(), GetParam());
    for (const llvm::Function &function : ModuleAccess::llvm_module(module)) {
      for (const llvm::Instruction &instruction : llvm::instructions(function)) {
        if (!llvm::isa<llvm::FPMathOperator>(instruction)) continue;
        EXPECT_FALSE(instruction.getFastMathFlags().any()) << module.ir();
      }
    }
    const std::string assembly = module.assembly();
    const auto has = [&](std::string_view text) { return assembly.find(text) != std::string::npos; };
    EXPECT_FALSE(has("call") || has("\tbl\t")) << assembly;
    EXPECT_EQ(has("vfmadd") || has("fmla\t") || has("fmad\t"), GetParam().has_fma) << assembly;
    EXPECT_EQ(has("%zmm"), GetParam().vector_bytes == 64) << assembly;
    EXPECT_EQ(has("whilelo\t"), GetParam().scalable) << assembly;
  }
}

struct RareCode {
  int functions = 0, calls = 0, roots = 0;
};

/// Of select(8 < x, the square root of x taken `times` over, x), the first seldom.
RareCode rare_code(const Target &target, int times) {
  Draft draft;
  const ValueId x = draft.tensor(Type::f32);
  const ValueId large = draft.make(Code::less, Type::boolean, {draft.number(Type::f32, 8), x});
  ValueId root = x;
  for (int i = 0; i < times; ++i) root = draft.make(Code::sqrt, Type::f32, {root});
  draft.output(draft.make(Code::select, Type::f32, {large, root, x}, 1));
  Module module = compiled_module(draft.program(), target);
  RareCode found;
  for (const llvm::Function &function : ModuleAccess::llvm_module(module)) {
    found.functions += !function.isDeclaration();
    for (const llvm::Instruction &instruction : llvm::instructions(function)) {
      const auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction);
      if (!call) continue;
      found.calls += !call->getCalledFunction()->isDeclaration();
      found.roots += call->getIntrinsicID() == llvm::Intrinsic::sqrt;
    }
  }
  return found;
}

/// What is needed seldom is emitted once, however many loops and vectors there are, unless it is short.
TEST_P(Emitted, RareSideIsAFunctionThatEveryLoopCalls) {
  const RareCode code = rare_code(GetParam(), 9);
  EXPECT_EQ(code.functions, 2);
  EXPECT_EQ(code.calls, 2);
  EXPECT_EQ(code.roots, 9);
}

TEST_P(Emitted, ShortRareSideIsInTheLoops) {
  const RareCode code = rare_code(GetParam(), 1);
  EXPECT_EQ(code.functions, 1);
  EXPECT_EQ(code.calls, 0);
  EXPECT_EQ(code.roots, 2);
}

/// All passes but that which x86-64 does without.
struct AllPasses final : llvm::legacy::PassManagerBase {
  llvm::legacy::PassManager passes;
  bool counts = true;
  void add(llvm::Pass *pass) override {
    if (counts || pass->getPassName().str() != counting_pass)
      passes.add(pass);
    else
      delete pass;
  }
};

/// The idle passes would have done nothing.
TEST_P(Emitted, CodeIsThatOfAllPasses) {
  for (Type type : {Type::f32, Type::f64}) {
    Module module = compiled_module(chain(type).program(), GetParam());
    const std::string assembly = module.assembly();
    llvm::SmallString<0> expected;
    llvm::raw_svector_ostream stream(expected);
    AllPasses passes;
    passes.counts = GetParam().architecture != Architecture::x86_64;
    ASSERT_FALSE(ModuleAccess::machine(module).addPassesToEmitFile(passes, stream, nullptr,
                                                                   llvm::CodeGenFileType::AssemblyFile));
    passes.passes.run(ModuleAccess::llvm_module(module));
    EXPECT_EQ(assembly, expected.str().str());
  }
}

/// Wherever its tensors lie, the main loop counts its elements once and computes no address.
TEST_P(Emitted, MainLoopCountsOnce) {
  if (GetParam().architecture != Architecture::x86_64) GTEST_SKIP() << "LLVM sees to it on other CPUs";
  const std::string assembly = compiled_module(two_outputs(Type::f32).program(), GetParam()).assembly();
  const std::size_t begin = assembly.find("\n.LBB0_2:"), end = assembly.find("\tjl\t.LBB0_2", begin);
  ASSERT_NE(end, assembly.npos) << assembly;
  const std::string loop = assembly.substr(begin, end - begin);
  const std::regex counting("\t(add|sub|inc|dec|lea|imul|sal|shl|movs[lx]|movz)[a-z]*\t[^\n]*%[re]");
  EXPECT_EQ(std::distance(std::sregex_iterator(loop.begin(), loop.end(), counting), {}), 1) << loop;
}

TEST_P(Emitted, ObjectIsTheSameEveryTime) {
  const Program program = two_outputs(Type::f32).program();
  const Module first = compiled_module(program, GetParam());
  EXPECT_EQ(first.object(), first.object());
  EXPECT_EQ(first.object(), compiled_module(program, GetParam()).object());
}

TEST_P(Emitted, ObjectIsTheSameOnEveryThread) {
  const Program program = chain(Type::f32).program();
  const std::vector<char> expected = compiled_module(program, GetParam()).object();
  std::vector<std::vector<char>> objects(4);
  std::vector<std::thread> threads;
  for (std::vector<char> &object : objects) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) object = compiled_module(program, GetParam()).object();
    });
  }
  for (std::thread &thread : threads) thread.join();
  for (const std::vector<char> &object : objects) EXPECT_EQ(object, expected);
}

INSTANTIATE_TEST_SUITE_P(All, Emitted, testing::ValuesIn(cpu_targets()), [](const auto &test) {
  std::string name = test.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

class EmittedPtx : public testing::TestWithParam<Target> {};

/// Elements are read and written 16 bytes at a time, or one by one; nothing is contracted, approximated or read through
/// the read-only path, which an output that is an input would break.
TEST_P(EmittedPtx, RoundsAsThePrograms) {
  for (Type type : {Type::f32, Type::f64}) {
    const int lanes = GetParam().lanes(type == Type::f32 ? 4 : 8);
    const std::string bits = type == Type::f32 ? "f32" : "f64";
    for (const auto &[width, access] :
         {std::pair(lanes, fmt::format("global.v{}.{}", lanes, bits)), std::pair(1, "global." + bits)}) {
      Module module(GetParam(), "test");
      module.add_kernel("kernel", lower(chain(type).program(), {.vectors = 1}, width));
      module.optimize();
      const std::vector<char> object = module.object();
      const std::string ptx(object.begin(), object.end());
      const auto has = [&](std::string_view text) { return ptx.find(text) != std::string::npos; };
      EXPECT_TRUE(has(".entry kernel(") && has(".target " + GetParam().cpu)) << ptx;
      EXPECT_TRUE(has("ld." + access) && has("st." + access)) << ptx;
      for (std::string_view rounded : {"fma.rn.", "div.rn.", "sqrt.rn."}) EXPECT_TRUE(has(rounded)) << rounded << ptx;
      for (std::string_view loose : {".ftz", ".approx", ".full", ".nc.", "call", ".extern", ".local"})
        EXPECT_FALSE(has(loose)) << loose << ptx;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EmittedPtx, testing::ValuesIn(cuda_targets()), [](const auto &test) {
  std::string name = test.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace actinide::test
