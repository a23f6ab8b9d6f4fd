#include "codegen/module.h"

#include "codegen/access.h"
#include "codegen/machine_passes.h"
#include "codegen/stack_probe.h"
#include "codegen/statements.h"
#include "error.h"

#include <llvm/Analysis/AssumptionCache.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/PassInstrumentation.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <array>
#include <map>
#include <mutex>

namespace actinide {
namespace {

/// No fast-math, no contraction: LLVM does the arithmetic that the program says.
std::unique_ptr<llvm::TargetMachine> new_machine(const Target &target) {
  static std::once_flag once;
  std::call_once(once, [] {
  // The parsers are for the stack probe.
#define ACTINIDE_LLVM_TARGET(name)    \
  LLVMInitialize##name##TargetInfo(); \
  LLVMInitialize##name##Target();     \
  LLVMInitialize##name##TargetMC();   \
  LLVMInitialize##name##AsmPrinter();
    ACTINIDE_LLVM_TARGET(X86)
    ACTINIDE_LLVM_TARGET(AArch64)
    ACTINIDE_LLVM_TARGET(NVPTX)
#undef ACTINIDE_LLVM_TARGET
    LLVMInitializeX86AsmParser();  // for the stack probes
    LLVMInitializeAArch64AsmParser();
  });
  std::string problem;
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(target.triple, problem);
  internal_check(backend != nullptr, "codegen: {}", problem);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(backend->createTargetMachine(target.triple, target.cpu, target.features,
                                                                           options, llvm::Reloc::PIC_, std::nullopt,
                                                                           llvm::CodeGenOptLevel::Default));
}

/// Machines for one module after the other: setting one up takes as long as the code of a small kernel. Never
/// destroyed: threads may still compile when the process exits.
class Machines {
 public:
  static Machines &instance() {
    static auto *machines = new Machines;
    return *machines;
  }

  std::unique_ptr<llvm::TargetMachine> take(const Target &target) {
    const std::lock_guard lock(mutex_);
    std::vector<std::unique_ptr<llvm::TargetMachine>> &idle = idle_[key_of(target)];
    if (idle.empty()) return new_machine(target);
    std::unique_ptr<llvm::TargetMachine> machine = std::move(idle.back());
    idle.pop_back();
    return machine;
  }
  void give_back(const Target &target, std::unique_ptr<llvm::TargetMachine> machine) {
    const std::lock_guard lock(mutex_);
    idle_[key_of(target)].push_back(std::move(machine));
  }

 private:
  // All that a machine is made of. The name is not enough: a dispatcher's target has that of Linux for every system.
  using Key = std::array<std::string, 3>;
  static Key key_of(const Target &target) { return {target.triple, target.cpu, target.features}; }

  std::mutex mutex_;
  std::map<Key, std::vector<std::unique_ptr<llvm::TargetMachine>>> idle_;
};

/// A kernel calls nothing: not the C library, not the compiler's runtime.
void check_self_contained(llvm::StringRef object) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "object"));
  if (!file) throw InternalError("codegen: unreadable object: " + llvm::toString(file.takeError()));
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    const std::uint32_t flags = llvm::cantFail(symbol.getFlags());
    if (!(flags & llvm::object::SymbolRef::SF_Undefined) || (flags & llvm::object::SymbolRef::SF_FormatSpecific))
      continue;
    const llvm::StringRef name = llvm::cantFail(symbol.getName());
    internal_check(name.empty(), "codegen: the object needs the symbol {}", name.str());
  }
}

}  // namespace

struct Module::Impl {
  explicit Impl(const Target &chosen) : target(chosen), machine(Machines::instance().take(chosen)) {}
  ~Impl() { Machines::instance().give_back(target, std::move(machine)); }
  Impl(const Impl &) = delete;
  Impl &operator=(const Impl &) = delete;

  const Target target;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  Crowding crowding;

  /// The module as a file. Code generation rewrites the module that it is given, so it gets a copy.
  llvm::SmallString<0> emit(llvm::CodeGenFileType type) const {
    const std::unique_ptr<llvm::Module> copy = llvm::CloneModule(*module);
    llvm::SmallString<0> bytes;
    llvm::raw_svector_ostream stream(bytes);
    MachinePasses passes(target, crowding);
    const bool impossible = machine->addPassesToEmitFile(passes, stream, nullptr, type, true);
    internal_check(!impossible, "codegen: LLVM can't write this kind of file for {}", target.name);
    passes.run(*copy);
    return bytes;
  }
};

Module::Module(const Target &target, const std::string &name) : impl_(std::make_unique<Impl>(target)) {
  impl_->context = std::make_unique<llvm::LLVMContext>();
  impl_->module = std::make_unique<llvm::Module>(name, *impl_->context);
  impl_->module->setTargetTriple(target.triple);
  impl_->module->setDataLayout(impl_->machine->createDataLayout());
  impl_->module->setPICLevel(llvm::PICLevel::BigPIC);
}
Module::~Module() = default;
Module::Module(Module &&) noexcept = default;
Module &Module::operator=(Module &&) noexcept = default;

void Module::add_kernel(const std::string &symbol, const LoweredKernel &kernel) {
  impl_->crowding = impl_->crowding | crowding_of(kernel, impl_->target);
  const std::size_t before = impl_->module->size();
  emit_kernel(*impl_->module, impl_->target, symbol, kernel);
  std::vector<llvm::Function *> emitted;  // the kernel, and what it calls
  for (llvm::Function &function : llvm::drop_begin(*impl_->module, before))
    if (!function.isDeclaration()) emitted.push_back(&function);
  for (llvm::Function *function : emitted) {
    if (impl_->target.format == ObjectFormat::coff) probe_stack_locally(*function, impl_->target.architecture);
    std::string problem;
    llvm::raw_string_ostream stream(problem);
    const bool broken = llvm::verifyFunction(*function, &stream);
    internal_check(!broken, "codegen: {}: {}", symbol, problem);
  }
}

void Module::optimize() {
  // Halide has shared the work and hoisted what is loop-invariant; early CSE merges what strip-mining repeats (masks,
  // addresses) and folds index arithmetic. More passes cost more compile time than they give speed.
  llvm::FunctionAnalysisManager analyses;
  analyses.registerPass([] { return llvm::PassInstrumentationAnalysis(); });
  analyses.registerPass([] { return llvm::AssumptionAnalysis(); });
  analyses.registerPass([] { return llvm::DominatorTreeAnalysis(); });
  analyses.registerPass([] { return llvm::TargetLibraryAnalysis(); });
  analyses.registerPass([&] { return impl_->machine->getTargetIRAnalysis(); });
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass());
  for (llvm::Function &function : *impl_->module) {
    if (!function.isDeclaration()) passes.run(function, analyses);
  }
}

std::string Module::ir() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  impl_->module->print(stream, nullptr);
  return text;
}

std::string Module::assembly() const {
  return impl_->emit(llvm::CodeGenFileType::AssemblyFile).str().str();
}

std::vector<char> Module::object() const {
  if (impl_->target.is_cuda()) {
    const std::string text = assembly();
    internal_check(text.find(".extern") == text.npos, "codegen: the PTX needs a symbol:\n{}", text);
    return {text.begin(), text.end()};
  }
  const llvm::SmallString<0> bytes = impl_->emit(llvm::CodeGenFileType::ObjectFile);
  check_self_contained(bytes);
  return {bytes.begin(), bytes.end()};
}

llvm::Module &ModuleAccess::llvm_module(Module &module) {
  return *module.impl_->module;
}
llvm::TargetMachine &ModuleAccess::machine(Module &module) {
  return *module.impl_->machine;
}

}  // namespace actinide
