#include "aot/dispatch.h"

#include "aot/functions.h"

#include <actinide/kernel.h>

#include <cstddef>
#include <string>

namespace actinide::aot {
namespace {

class Dispatcher {
 public:
  Dispatcher(const Plan &plan, const std::vector<std::vector<KernelFacts>> &facts)
      : plan_(plan),
        facts_(facts),
        object_(plan, plan.name + "_dispatch", {"actinide_kernel_run", "actinide_shaped_kernel_run"}) {
    const ScalarTypes &types = object_.types;
    variant_ = object_.structure("actinide_variant",
                                 {{types.pointer, offsetof(actinide_variant, target)},
                                  {types.i64, offsetof(actinide_variant, cpu_features)},
                                  {types.pointer, offsetof(actinide_variant, function)},
                                  {types.pointer, offsetof(actinide_variant, merge)},
                                  {types.i64, offsetof(actinide_variant, stream_bytes)}},
                                 sizeof(actinide_variant));
    kernel_ = object_.structure(
        "actinide_kernel",
        {{types.i32, offsetof(actinide_kernel, abi)},
         {types.i8, offsetof(actinide_kernel, inputs)},
         {types.i8, offsetof(actinide_kernel, outputs)},
         {llvm::ArrayType::get(types.i8, ACTINIDE_MAX_BUFFERS), offsetof(actinide_kernel, element_bytes)},
         {types.i16, offsetof(actinide_kernel, parameters)},
         {types.i32, offsetof(actinide_kernel, variant_count)},
         {types.pointer, offsetof(actinide_kernel, variants)},
         {types.i32, offsetof(actinide_kernel, cost)},
         {types.i8, offsetof(actinide_kernel, gathers)},
         {types.i8, offsetof(actinide_kernel, sum_words)},
         {llvm::ArrayType::get(types.i8, sizeof(actinide_kernel::layouts)), offsetof(actinide_kernel, layouts)},
         {types.pointer, offsetof(actinide_kernel, selected)},
         {types.pointer, offsetof(actinide_kernel, selected_variant)}},
        sizeof(actinide_kernel));
    for (const Target &target : plan.targets) target_names_.push_back(object_.text(variant_name(target)));
  }

  /// The plan's kernel of that index.
  void add(std::size_t index) {
    const PlannedKernel &kernel = plan_.kernels[index];
    llvm::Constant *described = descriptor(kernel, index);
    for (const Function &function : kernel.functions) object_.add(function, kernel.signature.dtypes.inputs, described);
  }

  std::vector<char> finish() { return object_.finish(); }

 private:
  /// A kernel's function, which another object of the library has.
  llvm::Constant *code(const std::string &symbol) {
    llvm::Type *pointer = object_.types.pointer;
    llvm::FunctionType *type = llvm::FunctionType::get(llvm::Type::getVoidTy(object_.module().getContext()),
                                                       {pointer, pointer, pointer}, false);
    auto *function = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, symbol, object_.module());
    function->setVisibility(llvm::GlobalValue::HiddenVisibility);
    return function;
  }

  /// The table of the kernel's variants, best first.
  llvm::Constant *variants(const PlannedKernel &kernel, std::size_t index) {
    const ScalarTypes &types = object_.types;
    const bool merges = sum_words(kernel.signature) > 0;
    llvm::Constant *none = llvm::ConstantPointerNull::get(types.pointer);
    std::vector<llvm::Constant *> rows;
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
      const Target &target = plan_.targets[i];
      const std::string symbol = kernel.symbol(target);
      rows.push_back(llvm::ConstantStruct::get(
          variant_,
          {target_names_[i], object_.integer(types.i64, target.cpu_features), code(symbol),
           merges ? code(merge_symbol(symbol)) : none, object_.integer(types.i64, facts_[i][index].schedule.stream)}));
    }
    return object_.table(variant_, rows, kernel.name() + "__variants");
  }

  static bool gathers(const KernelSignature &signature) {
    return std::ranges::any_of(std::span(signature.buffers).subspan(signature.inputs.size()), gathers_rows,
                               &KernelBuffer::along);
  }

  llvm::Constant *descriptor(const PlannedKernel &kernel, std::size_t index) {
    const ScalarTypes &types = object_.types;
    const KernelSignature &signature = kernel.signature;
    llvm::Constant *value = llvm::ConstantStruct::get(
        kernel_, {object_.integer(types.i32, ACTINIDE_KERNEL_ABI), object_.integer(types.i8, signature.inputs.size()),
                  object_.integer(types.i8, signature.outputs.size()), object_.element_bytes(signature),
                  object_.integer(types.i16, signature.parameters.size()),
                  object_.integer(types.i32, plan_.targets.size()), variants(kernel, index),
                  // The best target's cost decides about threads: a slower variant only makes them pay more.
                  object_.integer(types.i32, facts_[0][index].cost), object_.integer(types.i8, gathers(signature)),
                  object_.integer(types.i8, sum_words(signature)), object_.layouts(signature),
                  llvm::ConstantPointerNull::get(types.pointer), llvm::ConstantPointerNull::get(types.pointer)});
    return object_.descriptor(value, kernel.name() + "__kernel");
  }

  const Plan &plan_;
  const std::vector<std::vector<KernelFacts>> &facts_;
  FunctionObject object_;
  llvm::StructType *variant_, *kernel_;
  std::vector<llvm::Constant *> target_names_;
};

}  // namespace

std::vector<char> dispatch_object(const Plan &plan, const std::vector<std::vector<KernelFacts>> &facts) {
  Dispatcher dispatcher(plan, facts);
  for (std::size_t i = 0; i < plan.kernels.size(); ++i) dispatcher.add(i);
  return dispatcher.finish();
}

}  // namespace actinide::aot
