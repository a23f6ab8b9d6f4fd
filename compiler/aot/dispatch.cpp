#include "aot/dispatch.h"

#include "codegen/access.h"
#include "error.h"

#include <actinide/kernel.h>

#include <llvm/ADT/SmallString.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>

#include <cstddef>
#include <string>

namespace actinide::aot {
namespace {

/// The types of the runtime's descriptors in LLVM's words.
struct Types {
  explicit Types(llvm::Module &module) {
    llvm::LLVMContext &context = module.getContext();
    pointer = llvm::PointerType::getUnqual(context);
    i8 = llvm::Type::getInt8Ty(context);
    i16 = llvm::Type::getInt16Ty(context);
    i32 = llvm::Type::getInt32Ty(context);
    i64 = llvm::Type::getInt64Ty(context);
    f64 = llvm::Type::getDoubleTy(context);
    bytes = llvm::ArrayType::get(i8, ACTINIDE_MAX_BUFFERS);
    variant = llvm::StructType::create({pointer, i64, pointer}, "actinide_variant");
    kernel = llvm::StructType::create({i32, i8, i8, bytes, i16, i32, pointer, i32, pointer}, "actinide_kernel");
    check(module);
  }

  llvm::PointerType *pointer;
  llvm::IntegerType *i8, *i16, *i32, *i64;
  llvm::Type *f64;
  llvm::ArrayType *bytes;
  llvm::StructType *variant, *kernel;

 private:
  /// The layout is the one that the C compiler gives kernel.h.
  void check(const llvm::Module &module) const {
    const auto same = [&](llvm::StructType *type, std::initializer_list<std::size_t> offsets, std::size_t size) {
      const llvm::StructLayout *layout = module.getDataLayout().getStructLayout(type);
      unsigned field = 0;
      for (const std::size_t offset : offsets)
        internal_check(layout->getElementOffset(field++) == offset, "aot: {} differs from kernel.h in field {}",
                       type->getName().str(), field);
      internal_check(layout->getSizeInBytes() == size, "aot: {} differs from kernel.h in size", type->getName().str());
    };
    same(variant,
         {offsetof(actinide_variant, target), offsetof(actinide_variant, cpu_features),
          offsetof(actinide_variant, function)},
         sizeof(actinide_variant));
    same(kernel,
         {offsetof(actinide_kernel, abi), offsetof(actinide_kernel, inputs), offsetof(actinide_kernel, outputs),
          offsetof(actinide_kernel, element_bytes), offsetof(actinide_kernel, parameters),
          offsetof(actinide_kernel, variant_count), offsetof(actinide_kernel, variants),
          offsetof(actinide_kernel, cost), offsetof(actinide_kernel, selected)},
         sizeof(actinide_kernel));
  }
};

class Dispatcher {
 public:
  Dispatcher(const Plan &plan, llvm::Module &module) : plan_(plan), module_(module), types_(module) {
    run_ = llvm::Function::Create(
        llvm::FunctionType::get(types_.i32, {types_.pointer, types_.pointer, types_.i64, types_.pointer}, false),
        llvm::GlobalValue::ExternalLinkage, "actinide_kernel_run", module_);
    for (const Target &target : plan.targets) target_names_.push_back(text_constant(variant_name(target)));
  }

  void add(const PlannedKernel &kernel, std::uint32_t cost) {
    add_function(kernel, descriptor(kernel, cost, variants(kernel)));
  }

 private:
  llvm::Constant *integer(llvm::IntegerType *type, std::uint64_t value) const {
    return llvm::ConstantInt::get(type, value);
  }

  llvm::GlobalVariable *global(llvm::Constant *value, bool constant, const std::string &name) {
    return new llvm::GlobalVariable(module_, value->getType(), constant, llvm::GlobalValue::InternalLinkage, value,
                                    name);
  }

  llvm::Constant *text_constant(const std::string &text) {
    llvm::Constant *bytes = llvm::ConstantDataArray::getString(module_.getContext(), text);
    return new llvm::GlobalVariable(module_, bytes->getType(), true, llvm::GlobalValue::PrivateLinkage, bytes, "");
  }

  /// The table of the kernel's variants, best first.
  llvm::Constant *variants(const PlannedKernel &kernel) {
    llvm::FunctionType *type = llvm::FunctionType::get(llvm::Type::getVoidTy(module_.getContext()),
                                                       {types_.pointer, types_.pointer, types_.pointer}, false);
    std::vector<llvm::Constant *> rows;
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
      const Target &target = plan_.targets[i];
      auto *code = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, kernel.symbol(target), module_);
      code->setVisibility(llvm::GlobalValue::HiddenVisibility);
      rows.push_back(llvm::ConstantStruct::get(types_.variant,
                                               {target_names_[i], integer(types_.i64, target.cpu_features), code}));
    }
    auto *table = llvm::ConstantArray::get(llvm::ArrayType::get(types_.variant, rows.size()), rows);
    return global(table, true, kernel.function + "__variants");
  }

  /// The kernel's descriptor. It is written to: the runtime stores its choice there.
  llvm::GlobalVariable *descriptor(const PlannedKernel &kernel, std::uint32_t cost, llvm::Constant *variants) {
    const KernelSignature &signature = kernel.signature;
    std::vector<std::uint8_t> bytes(ACTINIDE_MAX_BUFFERS, 0);
    std::fill_n(bytes.begin(), signature.inputs.size() + signature.outputs.size(),
                static_cast<std::uint8_t>(size_of(signature.dtype)));
    llvm::Constant *value = llvm::ConstantStruct::get(
        types_.kernel,
        {integer(types_.i32, ACTINIDE_KERNEL_ABI), integer(types_.i8, signature.inputs.size()),
         integer(types_.i8, signature.outputs.size()), llvm::ConstantDataArray::get(module_.getContext(), bytes),
         integer(types_.i16, signature.parameters.size()), integer(types_.i32, plan_.targets.size()), variants,
         integer(types_.i32, cost), llvm::ConstantPointerNull::get(types_.pointer)});
    return global(value, false, kernel.function + "__kernel");
  }

  llvm::Type *type_of(const PlannedKernel &kernel, const Argument &argument) const {
    switch (argument.role) {
      case Role::input:
      case Role::output:
        return types_.pointer;
      case Role::size:
        return types_.i64;
      case Role::parameter:
        return kernel.signature.dtype == DType::f64 ? types_.f64 : llvm::Type::getFloatTy(module_.getContext());
    }
    throw InternalError("aot: an argument without a role");
  }

  /// The exported function: buffers and parameters (as double) go to arrays on the stack, then to the runtime.
  void add_function(const PlannedKernel &kernel, llvm::GlobalVariable *descriptor) {
    std::vector<llvm::Type *> argument_types;
    for (const Argument &argument : kernel.arguments) argument_types.push_back(type_of(kernel, argument));
    auto *function = llvm::Function::Create(llvm::FunctionType::get(types_.i32, argument_types, false),
                                            llvm::GlobalValue::ExternalLinkage, kernel.function, module_);
    function->setDoesNotThrow();
    function->setUWTableKind(llvm::UWTableKind::Default);  // debuggers and profilers walk through it
    llvm::IRBuilder<> builder(llvm::BasicBlock::Create(module_.getContext(), "", function));
    const std::size_t parameter_count = kernel.signature.parameters.size();
    const std::size_t buffer_count = kernel.arguments.size() - 1 - parameter_count;
    llvm::Value *buffers = builder.CreateAlloca(llvm::ArrayType::get(types_.pointer, buffer_count));
    llvm::Value *parameters = llvm::ConstantPointerNull::get(types_.pointer);
    if (parameter_count > 0) parameters = builder.CreateAlloca(llvm::ArrayType::get(types_.f64, parameter_count));
    llvm::Value *size = nullptr;
    unsigned next_buffer = 0, next_parameter = 0;
    for (std::size_t i = 0; i < kernel.arguments.size(); ++i) {
      llvm::Argument *value = function->getArg(static_cast<unsigned>(i));
      value->setName(kernel.arguments[i].name);
      if (kernel.arguments[i].role == Role::size) {
        size = value;
      } else if (kernel.arguments[i].role == Role::parameter) {
        builder.CreateStore(builder.CreateFPExt(value, types_.f64),
                            builder.CreateConstInBoundsGEP1_64(types_.f64, parameters, next_parameter++));
      } else {
        builder.CreateStore(value, builder.CreateConstInBoundsGEP1_64(types_.pointer, buffers, next_buffer++));
      }
    }
    builder.CreateRet(builder.CreateCall(run_, {descriptor, buffers, size, parameters}));
  }

  const Plan &plan_;
  llvm::Module &module_;
  Types types_;
  llvm::Function *run_;
  std::vector<llvm::Constant *> target_names_;
};

std::vector<char> emit(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  const bool impossible = machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile);
  internal_check(!impossible, "aot: no object files for {}", module.getTargetTriple());
  passes.run(module);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::vector<char> dispatch_object(const Plan &plan, const std::vector<std::uint32_t> &costs) {
  Module module(plan.baseline, plan.name + "_dispatch");
  llvm::Module &code = ModuleAccess::llvm_module(module);
  Dispatcher dispatcher(plan, code);
  for (std::size_t i = 0; i < plan.kernels.size(); ++i) dispatcher.add(plan.kernels[i], costs[i]);
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  internal_check(!llvm::verifyModule(code, &stream), "aot: dispatcher: {}", problem);
  return emit(code, ModuleAccess::machine(module));
}

}  // namespace actinide::aot
