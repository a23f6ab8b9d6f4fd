#include "aot/functions.h"

#include "codegen/access.h"
#include "error.h"

#include <actinide/kernel.h>

#include <llvm/ADT/SmallString.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace actinide::aot {

ScalarTypes::ScalarTypes(llvm::LLVMContext &context)
    : pointer(llvm::PointerType::getUnqual(context)),
      i8(llvm::Type::getInt8Ty(context)),
      i16(llvm::Type::getInt16Ty(context)),
      i32(llvm::Type::getInt32Ty(context)),
      i64(llvm::Type::getInt64Ty(context)),
      f32(llvm::Type::getFloatTy(context)),
      f64(llvm::Type::getDoubleTy(context)) {}

FunctionObject::FunctionObject(const Plan &plan, const std::string &name, Runners run)
    : object_(plan.baseline, name),
      module_(ModuleAccess::llvm_module(object_)),
      types(module_.getContext()),
      run_(std::move(run)) {}

llvm::StructType *FunctionObject::structure(const std::string &name, std::initializer_list<Field> fields,
                                            std::size_t size) const {
  std::vector<llvm::Type *> field_types;
  for (const Field &field : fields) field_types.push_back(field.type);
  llvm::StructType *type = llvm::StructType::create(field_types, name);
  const llvm::StructLayout *layout = module_.getDataLayout().getStructLayout(type);
  unsigned index = 0;
  for (const Field &field : fields)
    internal_check(layout->getElementOffset(index++) == field.offset, "aot: {} differs from kernel.h in field {}", name,
                   index);
  internal_check(layout->getSizeInBytes() == size, "aot: {} differs from kernel.h in size", name);
  return type;
}

llvm::Constant *FunctionObject::integer(llvm::IntegerType *type, std::uint64_t value) const {
  return llvm::ConstantInt::get(type, value);
}

llvm::GlobalVariable *FunctionObject::global(llvm::Constant *value, bool constant,
                                             llvm::GlobalValue::LinkageTypes linkage, const std::string &name) {
  return new llvm::GlobalVariable(module_, value->getType(), constant, linkage, value, name);
}

llvm::Constant *FunctionObject::text(const std::string &value) {
  return global(llvm::ConstantDataArray::getString(module_.getContext(), value), true,
                llvm::GlobalValue::PrivateLinkage, "");
}

llvm::Constant *FunctionObject::table(llvm::StructType *type, const std::vector<llvm::Constant *> &rows,
                                      const std::string &name) {
  return global(llvm::ConstantArray::get(llvm::ArrayType::get(type, rows.size()), rows), true,
                llvm::GlobalValue::InternalLinkage, name);
}

llvm::Constant *FunctionObject::descriptor(llvm::Constant *value, const std::string &name) {
  return global(value, false, llvm::GlobalValue::InternalLinkage, name);
}

llvm::Constant *FunctionObject::element_bytes(const KernelSignature &signature) const {
  std::vector<std::uint8_t> bytes(ACTINIDE_MAX_BUFFERS, 0);
  std::ranges::transform(signature.buffers, bytes.begin(), [](const KernelBuffer &buffer) {
    return static_cast<std::uint8_t>(static_cast<std::size_t>(buffer.members) * size_of(buffer.dtype));
  });
  return llvm::ConstantDataArray::get(module_.getContext(), bytes);
}

/// actinide_layout has two bytes.
llvm::Constant *FunctionObject::layouts(const KernelSignature &signature) const {
  std::vector<std::uint8_t> bytes(sizeof(actinide_kernel::layouts), 0);
  for (std::size_t i = 0; i < signature.buffers.size(); ++i) {
    bytes[2 * i + offsetof(actinide_layout, along)] = static_cast<std::uint8_t>(signature.buffers[i].along);
    bytes[2 * i + offsetof(actinide_layout, parts)] = static_cast<std::uint8_t>(signature.buffers[i].parts);
  }
  return llvm::ConstantDataArray::get(module_.getContext(), bytes);
}

llvm::Type *FunctionObject::type_of(const Argument &argument, DType dtype) const {
  switch (argument.role) {
    case Role::input:
    case Role::output:
    case Role::stream:
      return types.pointer;
    case Role::size:
    case Role::stride:
      return types.i64;
    case Role::parameter:
      return parameter_dtype(dtype) == DType::f64 ? types.f64 : types.f32;
  }
  throw InternalError("aot: an argument without a role");
}

/// The extents as an actinide_shape: outer, channels, inner. n elements are one row.
llvm::Value *FunctionObject::shape_of(llvm::IRBuilderBase &builder, std::vector<llvm::Value *> extents) const {
  llvm::Value *one = integer(types.i64, 1);
  if (extents.size() == 1) extents.insert(extents.begin(), one);
  if (extents.size() == 2) extents.insert(extents.begin() + 1, one);
  llvm::Value *shape = builder.CreateAlloca(llvm::ArrayType::get(types.i64, 3));
  for (unsigned i = 0; i < 3; ++i)
    builder.CreateStore(extents[i], builder.CreateConstInBoundsGEP1_64(types.i64, shape, i));
  return shape;
}

/// Buffers, their strides, and parameters (as double) go to arrays on the stack, the rest is passed on.
void FunctionObject::add(const Function &function, DType dtype, llvm::Constant *descriptor) {
  std::vector<llvm::Type *> argument_types;
  for (const Argument &argument : function.arguments) argument_types.push_back(type_of(argument, dtype));
  auto *code = llvm::Function::Create(llvm::FunctionType::get(types.i32, argument_types, false),
                                      llvm::GlobalValue::ExternalLinkage, function.name, module_);
  code->setDoesNotThrow();
  code->setUWTableKind(llvm::UWTableKind::Default);  // debuggers and profilers walk through it
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(module_.getContext(), "", code));
  const auto array = [&](llvm::Type *type, std::initializer_list<Role> roles) -> llvm::Value * {
    const auto count = std::ranges::count_if(function.arguments, [&](const Argument &argument) {
      return std::ranges::find(roles, argument.role) != roles.end();
    });
    if (count == 0) return llvm::ConstantPointerNull::get(types.pointer);
    return builder.CreateAlloca(llvm::ArrayType::get(type, static_cast<std::uint64_t>(count)));
  };
  llvm::Value *buffers = array(types.pointer, {Role::input, Role::output});
  llvm::Value *parameters = array(types.f64, {Role::parameter});
  const bool strided = std::ranges::count(function.arguments, Role::stride, &Argument::role) > 0;
  llvm::Value *strides = llvm::ConstantPointerNull::get(types.pointer);
  if (strided) strides = array(types.i64, {Role::input, Role::output});  // not read for buffers without rows
  std::vector<llvm::Value *> sizes;
  llvm::Value *stream = nullptr;
  unsigned next_buffer = 0, next_parameter = 0;
  for (std::size_t i = 0; i < function.arguments.size(); ++i) {
    llvm::Argument *value = code->getArg(static_cast<unsigned>(i));
    value->setName(function.arguments[i].name);
    switch (function.arguments[i].role) {
      case Role::input:
      case Role::output:
        builder.CreateStore(value, builder.CreateConstInBoundsGEP1_64(types.pointer, buffers, next_buffer++));
        break;
      case Role::parameter:
        builder.CreateStore(builder.CreateFPExt(value, types.f64),
                            builder.CreateConstInBoundsGEP1_64(types.f64, parameters, next_parameter++));
        break;
      case Role::size:
        sizes.push_back(value);
        break;
      case Role::stride:
        builder.CreateStore(value, builder.CreateConstInBoundsGEP1_64(types.i64, strides, next_buffer - 1));
        break;
      case Role::stream:
        stream = value;
        break;
    }
  }
  std::vector<llvm::Value *> passed = {descriptor, buffers};
  if (function.has_one_extent) {
    passed.push_back(sizes.at(0));
  } else {
    passed.insert(passed.end(), {shape_of(builder, sizes), strides});
  }
  passed.push_back(parameters);
  if (stream != nullptr) passed.push_back(stream);
  std::vector<llvm::Type *> passed_types;
  for (const llvm::Value *value : passed) passed_types.push_back(value->getType());
  builder.CreateRet(
      builder.CreateCall(module_.getOrInsertFunction(function.has_one_extent ? run_.elements : run_.shaped,
                                                     llvm::FunctionType::get(types.i32, passed_types, false)),
                         passed));
}

std::vector<char> FunctionObject::finish() {
  std::string problem;
  llvm::raw_string_ostream text(problem);
  internal_check(!llvm::verifyModule(module_, &text), "aot: {}: {}", module_.getName().str(), problem);
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  const bool impossible =
      ModuleAccess::machine(object_).addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile);
  internal_check(!impossible, "aot: no object files for {}", module_.getTargetTriple());
  passes.run(module_);
  return {bytes.begin(), bytes.end()};
}

}  // namespace actinide::aot
