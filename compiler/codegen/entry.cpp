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
  entry.share.threads = {builder.getInt32(0), builder.getInt32(1)};
  return entry;
}

/// Which of the grid's threads this is, and how many there are.
Turns of_grid(llvm::IRBuilderBase &builder) {
  const auto special = [&](llvm::Intrinsic::ID id) { return builder.CreateIntrinsic(id, {}, {}); };
  Value *block_threads = special(llvm::Intrinsic::nvvm_read_ptx_sreg_ntid_x);
  Value *first = builder.CreateNUWMul(special(llvm::Intrinsic::nvvm_read_ptx_sreg_ctaid_x), block_threads);
  return {builder.CreateNUWAdd(first, special(llvm::Intrinsic::nvvm_read_ptx_sreg_tid_x)),
          builder.CreateNUWMul(special(llvm::Intrinsic::nvvm_read_ptx_sreg_nctaid_x), block_threads)};
}

/// Ends the threads for which `idle` holds.
void leave_if(Value *idle, llvm::IRBuilderBase &builder, llvm::Function *function) {
  llvm::LLVMContext &context = builder.getContext();
  auto *leave = llvm::BasicBlock::Create(context, "idle", function);
  auto *stay = llvm::BasicBlock::Create(context, "busy", function);
  builder.CreateCondBr(idle, leave, stay);
  builder.SetInsertPoint(leave);
  builder.CreateRetVoid();
  builder.SetInsertPoint(stay);
}

/// Teams of 2^bits threads, neighbours in the grid. Those that are left over have nothing to do.
Share in_teams(Value *bits, Value *inner_extent, llvm::IRBuilderBase &builder, llvm::Function *function) {
  const Turns grid = of_grid(builder);
  Value *size = builder.CreateShl(builder.getInt32(1), bits);
  Value *team = builder.CreateLShr(grid.first, bits), *teams = builder.CreateLShr(grid.step, bits);
  Share share{{builder.CreateAnd(grid.first, builder.CreateSub(size, builder.getInt32(1))), size}, {}, {}};
  if (inner_extent == nullptr) {
    leave_if(builder.CreateICmpUGE(team, teams), builder, function);
    share.teams = {team, teams};
    return share;
  }
  // As many teams as there is work inside walk that, and as many such crews as there can be walk the outer loop.
  Value *one = builder.getInt32(1);
  Value *crew = builder.CreateBinaryIntrinsic(llvm::Intrinsic::umin, teams, inner_extent);
  crew = builder.CreateBinaryIntrinsic(llvm::Intrinsic::umax, crew, one);
  Value *crews = builder.CreateUDiv(teams, crew), *mine = builder.CreateUDiv(team, crew);
  leave_if(builder.CreateICmpUGE(mine, crews), builder, function);
  share.teams = {mine, crews};
  share.inner_teams = {builder.CreateURem(team, crew), crew};
  return share;
}

/// CUDA's arguments as they are. The pointers are not noalias: an output may be an input, so that no load may take the
/// read-only path (ld.global.nc).
KernelEntry enter_on_cuda(llvm::Module &module, llvm::IRBuilderBase &builder, const std::string &symbol,
                          const LoweredKernel &kernel) {
  constexpr unsigned global_memory = 1, warp_bits = 5;
  const std::size_t buffers = kernel.kernel.buffers.size(), parameters = kernel.kernel.parameters.size();
  const bool shaped = !has_one_extent(kernel.kernel.shape);
  std::vector<llvm::Type *> types(buffers, builder.getPtrTy(global_memory));
  types.insert(types.end(), shaped ? 3 + buffers + 1 : 1, builder.getInt32Ty());
  types.insert(types.end(), parameters, builder.getDoubleTy());
  KernelEntry entry{create(module, builder, symbol, types), {}, {}};
  entry.function->setCallingConv(llvm::CallingConv::PTX_Kernel);
  llvm::Argument *argument = entry.function->arg_begin();
  for (std::size_t i = 0; i < buffers; ++i) entry.arguments.pointers.push_back(argument++);
  Space &space = entry.arguments.space;
  llvm::Argument *team_bits = nullptr;
  if (shaped) {
    for (Value **extent : {&space.outer, &space.channels, &space.inner}) *extent = argument++;
    for (std::size_t i = 0; i < buffers; ++i) entry.arguments.row_strides.push_back(argument++);
    team_bits = argument++;
  } else {
    space.inner = argument++;
  }
  for (std::size_t i = 0; i < parameters; ++i) entry.arguments.parameters.push_back(argument++);

  const LoweredBody &body = kernel.bodies.at(0);
  const bool warps = body.parts.at(0).teams != Teams::elements;
  if (!shaped) {
    entry.share.threads = of_grid(builder);
  } else {
    const bool three = kernel.kernel.shape == ShapeClass::channel && !body.inner_is_one && !warps;
    entry.share = in_teams(warps ? static_cast<Value *>(builder.getInt32(warp_bits)) : team_bits,
                           three ? space.channels : nullptr, builder, entry.function);
  }
  return entry;
}

}  // namespace

KernelEntry enter_kernel(llvm::Module &module, llvm::IRBuilderBase &builder, const Target &target,
                         const std::string &symbol, const LoweredKernel &kernel) {
  return target.is_cuda() ? enter_on_cuda(module, builder, symbol, kernel)
                          : enter_on_cpu(module, builder, symbol, kernel);
}

}  // namespace actinide
