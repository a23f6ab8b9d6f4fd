// The targets table, its spellings, the object formats, and the passes that are left out.
#include "codegen/access.h"
#include "codegen/machine_passes.h"
#include "codegen/module.h"
#include "error.h"
#include "lowering/lower.h"
#include "tests/codegen/support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <llvm/ADT/SmallString.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Pass.h>

#include <set>

namespace actinide::test {
namespace {

std::string message_of(std::string_view text) {
  try {
    parse_target(text);
  } catch (const UserError &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Targets, AreParsedBackFromTheirNames) {
  for (const Target &row : cpu_targets()) {
    for (std::string suffix : {"", "-macos", "-windows"}) {
      EXPECT_EQ(parse_target(row.name + suffix).name, row.name + suffix);
    }
    EXPECT_EQ(parse_target(row.name + "-linux").name, row.name);
  }
  for (const Target &row : cuda_targets()) EXPECT_EQ(parse_target(row.name).name, row.name);
}

TEST(Targets, OfCudaHaveNoOperatingSystem) {
  for (const Target &row : cuda_targets()) {
    const std::string message = message_of(row.name + "-windows");
    EXPECT_NE(message.find("write " + row.name), std::string::npos) << message;
    EXPECT_FALSE(runs_here(row));
  }
}

TEST(Targets, UnknownNamesAreRefusedWithTheKnownOnes) {
  for (std::string_view text : {"", "x86-64", "x86-64-v9", "-macos", "x86-64-v3-beos", "X86-64-V3"}) {
    const std::string message = message_of(text);
    for (const Target &row : all_targets()) EXPECT_NE(message.find(row.name), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_NE(message_of("x86-64-v33").find("did you mean 'x86-64-v3'?"), std::string::npos) << message_of("x86-64-v33");
}

TEST(Targets, HostIsTheBestThatRuns) {
  const Target host = host_target();
  EXPECT_TRUE(runs_here(host));
  EXPECT_EQ(host.name, targets_here().back().name);
  EXPECT_FALSE(runs_here(parse_target(host.name + "-windows")));
}

TEST(Targets, GrowInWhatTheyNeed) {
  for (std::size_t i = 1; i < all_targets().size(); ++i) {
    if (all_targets()[i].architecture != all_targets()[i - 1].architecture) continue;
    const std::uint64_t less = all_targets()[i - 1].cpu_features;
    EXPECT_EQ(all_targets()[i].cpu_features & less, less) << all_targets()[i].name;
  }
}

/// Many live values: the frame is as large as frames get, and Windows must get by without a stack probe of its runtime.
Program crowded(Type type) {
  Draft draft;
  const ValueId x = draft.tensor(type);
  std::vector<ValueId> values{x};
  for (int i = 1; i < 48; ++i) {
    values.push_back(draft.make(Code::div, type, {values.back(), draft.number(type, i + 0.5)}));
  }
  ValueId y = x;
  // The last is used first: all are alive at once.
  for (auto value = values.rbegin(); value != values.rend(); ++value) y = draft.make(Code::fma, type, {y, *value, x});
  draft.output(y);
  return draft.program();
}

TEST(MachinePasses, ManyConstantsCrowdSixteenRegisters) {
  const auto crowded_by_constants = [](Type type, int literals, const char *target) {
    Draft draft;
    const ValueId x = draft.tensor(type);
    ValueId y = x;
    for (int i = 0; i < literals; ++i) y = draft.make(Code::fma, type, {y, x, draft.number(type, i + 0.5)});
    draft.output(y);
    return crowding_of(lower(draft.program(), {}, 8), parse_target(target)).constants;
  };
  EXPECT_TRUE(crowded_by_constants(Type::f32, 20, "x86-64-v3"));
  EXPECT_FALSE(crowded_by_constants(Type::f32, 8, "x86-64-v3"));
  EXPECT_FALSE(crowded_by_constants(Type::f64, 20, "x86-64-v3"));
  EXPECT_FALSE(crowded_by_constants(Type::f32, 20, "x86-64-v4"));
  EXPECT_FALSE(crowded_by_constants(Type::f32, 20, "aarch64"));
}

TEST(MachinePasses, ManyOperationsCrowdSixteenRegisters) {
  const auto crowded_by_values = [](int operations, const char *target) {
    Draft draft;
    ValueId y = draft.tensor(Type::f32);
    for (int i = 0; i < operations; ++i) y = draft.make(Code::mul, Type::f32, {y, y});
    draft.output(y);
    return crowding_of(lower(draft.program(), {}, 8), parse_target(target)).values;
  };
  EXPECT_TRUE(crowded_by_values(40, "x86-64-v3"));
  EXPECT_FALSE(crowded_by_values(30, "x86-64-v3"));
  EXPECT_FALSE(crowded_by_values(40, "x86-64-v4"));
  EXPECT_FALSE(crowded_by_values(40, "aarch64"));
}

/// Else LLVM would have renamed one.
TEST(MachinePasses, ThatAreLeftOutAreAmongThoseOfSomeTarget) {
  struct Names final : llvm::legacy::PassManagerBase {
    std::set<std::string, std::less<>> names;
    llvm::legacy::PassManager passes;
    void add(llvm::Pass *pass) override {
      names.insert(pass->getPassName().str());
      passes.add(pass);
    }
  };
  std::set<std::string, std::less<>> names;
  for (const Target &target : all_targets()) {
    Module module(target, "test");
    llvm::SmallString<0> nothing;
    llvm::raw_svector_ostream stream(nothing);
    Names all;
    ModuleAccess::machine(module).addPassesToEmitFile(all, stream, nullptr, llvm::CodeGenFileType::AssemblyFile);
    names.merge(all.names);
  }
  for (std::string_view name : idle_passes()) EXPECT_TRUE(names.contains(name)) << name;
  for (std::string_view name : {counting_pass, constants_pass, ordering_pass})
    EXPECT_TRUE(names.contains(name)) << name;
}

using Parameter = std::tuple<Target, std::string>;
class Objects : public testing::TestWithParam<Parameter> {};

TEST_P(Objects, HaveTheirFormatAndNeedNothing) {
  const auto &[row, suffix] = GetParam();
  const Target target = parse_target(row.name + suffix);
  for (Type type : {Type::f32, Type::f64}) {
    Module module(target, "test");
    module.add_kernel("kernel", lower(crowded(type), {.vectors = 8}, target.lanes(type == Type::f32 ? 4 : 8)));
    module.optimize();
    const std::vector<char> bytes = module.object();  // throws if a symbol is missing
    const llvm::StringRef view(bytes.data(), bytes.size());
    auto file = llvm::cantFail(llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(view, "test")));
    EXPECT_EQ(file->isELF(), suffix == "");
    EXPECT_EQ(file->isMachO(), suffix == "-macos");
    EXPECT_EQ(file->isCOFF(), suffix == "-windows");
    bool found = false;
    for (const llvm::object::SymbolRef &symbol : file->symbols()) {
      const llvm::StringRef name = llvm::cantFail(symbol.getName());
      found |= name == (suffix == "-macos" ? "_kernel" : "kernel");
    }
    EXPECT_TRUE(found);
  }
}

/// Windows counts xmm6 to xmm15 as the caller's.
TEST(Objects, KeepTheCallersRegistersOnWindows) {
  const Target target = parse_target("x86-64-v3-windows");
  Module module(target, "test");
  module.add_kernel("kernel", lower(crowded(Type::f32), {}, target.lanes(4)));
  const std::string assembly = module.assembly();
  EXPECT_NE(assembly.find("vmovaps\t%xmm6, "), std::string::npos) << assembly;
  EXPECT_NE(assembly.find("(%rcx)"), std::string::npos) << assembly;
}

INSTANTIATE_TEST_SUITE_P(All, Objects,
                         testing::Combine(testing::ValuesIn(cpu_targets()), testing::Values("", "-macos", "-windows")),
                         [](const auto &test) {
                           std::string name = std::get<0>(test.param).name + std::get<1>(test.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace actinide::test
