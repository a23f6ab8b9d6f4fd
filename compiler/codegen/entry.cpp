#include "codegen/entry.h"

#include <actinide/kernel.h>

#include <llvm/IR/IntrinsicsNVPTX.h>

namespace actinide {
namespace {

using llvm::Value;

llvm::Function *create(llvm::Module &module, llvm::IRBuilderBase &builder, const std::string &symbol,
                       const std::vector<llvm::Type *> &arguments) {
  auto *type = llvm::FunctionType::get(builder.getVoidTy(), arguments, false);
  auto *function = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, symbol, module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  builder.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "entry", function));
  return function;
}

/// The CPU's three arrays: pointers, sizes, parameters.
KernelEntry enter_on_cpu(llvm::Module &module, llvm::IRBuilderBase &builder, const std::string &symbol,
                         const LoweredKernel &kernel) {
  llvm::Type *pointer = builder.getPtrTy();
  KernelEntry entry{create(module, builder, symbol, {pointer, pointer, pointer}), {}, {}};
  for (llvm::Argument &argument : entry.function->args()) argument.addAttr(llvm::Attribute::ReadOnly);
  const auto element = [&](unsigned argument, llvm::Type *of, std::size_t index) {
    return builder.CreateLoad(of, builder.CreateConstInBoundsGEP1_64(of, entry.function->getArg(argument), index));
  };
  const std::size_t buffers = kernel.kernel.buffers.size();
  for (std::size_t i = 0; i < buffers; ++i) entry.arguments.pointers.push_back(element(0, pointer, i));
  const auto size = [&](std::size_t i) {
    return builder.CreateTrunc(element(1, builder.getInt64Ty(), i), builder.getInt32Ty());
  };
  if (has_one_extent(kernel.kernel.shape)) {
    entry.arguments.space.inner = size(ACTINIDE_SIZE_ELEMENTS);
    if (kernel.streams) entry.arguments.streams = builder.CreateTrunc(size(ACTINIDE_SIZE_STREAMS), builder.getInt1Ty());
  } else {
    entry.arguments.space = {size(ACTINIDE_SIZE_OUTER), size(ACTINIDE_SIZE_CHANNELS), size(ACTINIDE_SIZE_INNER)};
    for (std::size_t i = 0; i < buffers; ++i) entry.arguments.row_strides.push_back(size(ACTINIDE_SIZE_STRIDES + i));
  }
  for (std::size_t i = 0; i < kernel.kernel.parameters.size(); ++i)
    entry.arguments.parameters.push_back(element(2, builder.getDoubleTy(), i));
  entry.share = {builder.getInt32(0), builder.getInt32(1)};
  return entry;
}

/// CUDA's arguments as they are. The pointers are not noalias: an output may be an input, so that no load may take the
/// read-only path (ld.global.nc).
KernelEntry enter_on_cuda(llvm::Module &module, llvm::IRBuilderBase &builder, const std::string &symbol,
                          const LoweredKernel &kernel) {
  constexpr unsigned global_memory = 1;
  const std::size_t buffers = kernel.kernel.buffers.size(), parameters = kernel.kernel.parameters.size();
  std::vector<llvm::Type *> types(buffers, builder.getPtrTy(global_memory));
  types.push_back(builder.getInt32Ty());
  types.insert(types.end(), parameters, builder.getDoubleTy());
  KernelEntry entry{create(module, builder, symbol, types), {}, {}};
  entry.function->setCallingConv(llvm::CallingConv::PTX_Kernel);
  llvm::Argument *argument = entry.function->arg_begin();
  for (std::size_t i = 0; i < buffers; ++i) entry.arguments.pointers.push_back(argument++);
  entry.arguments.space.inner = argument++;
  for (std::size_t i = 0; i < parameters; ++i) entry.arguments.parameters.push_back(argument++);

  const auto special = [&](llvm::Intrinsic::ID id) { return builder.CreateIntrinsic(id, {}, {}); };
  Value *block_threads = special(llvm::Intrinsic::nvvm_read_ptx_sreg_ntid_x);
  Value *first = builder.CreateNUWMul(special(llvm::Intrinsic::nvvm_read_ptx_sreg_ctaid_x), block_threads);
  entry.share = {builder.CreateNUWAdd(first, special(llvm::Intrinsic::nvvm_read_ptx_sreg_tid_x)),
                 builder.CreateNUWMul(special(llvm::Intrinsic::nvvm_read_ptx_sreg_nctaid_x), block_threads)};
  return entry;
}

}  // namespace

KernelEntry enter_kernel(llvm::Module &module, llvm::IRBuilderBase &builder, const Target &target,
                         const std::string &symbol, const LoweredKernel &kernel) {
  return target.is_cuda() ? enter_on_cuda(module, builder, symbol, kernel)
                          : enter_on_cpu(module, builder, symbol, kernel);
}

}  // namespace actinide
