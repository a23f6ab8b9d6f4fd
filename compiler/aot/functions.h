// An object of exported C functions. Each gathers its arguments and hands them, with the descriptor of its kernel
// (runtime/include/actinide/kernel.h), to the runtime. What the functions for CPUs and for CUDA have in common.
#pragma once

#include "aot/plan.h"
#include "codegen/module.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace actinide::aot {

/// C's types in LLVM's words.
struct ScalarTypes {
  explicit ScalarTypes(llvm::LLVMContext &context);

  llvm::PointerType *pointer;
  llvm::IntegerType *i8, *i16, *i32, *i64;
  llvm::Type *f32, *f64;
};

class FunctionObject {
  Module object_;
  llvm::Module &module_;

 public:
  /// The runtime's functions that run kernels: of n elements, and of the extents of a space.
  struct Runners {
    std::string elements, shaped;
  };
  /// An object for the plan's baseline. Its functions call one of `run`, which takes a descriptor, the buffers, n or
  /// the extents and strides, the parameters as double and, if the functions have one, the stream.
  FunctionObject(const Plan &plan, const std::string &name, Runners run);

  const ScalarTypes types;
  llvm::Module &module() const { return module_; }

  struct Field {
    llvm::Type *type;
    std::size_t offset;
  };
  /// A struct of kernel.h, checked to have the layout that the C compiler gave it.
  llvm::StructType *structure(const std::string &name, std::initializer_list<Field> fields, std::size_t size) const;

  llvm::Constant *integer(llvm::IntegerType *type, std::uint64_t value) const;
  /// A zero-terminated string.
  llvm::Constant *text(const std::string &value);
  /// A constant array.
  llvm::Constant *table(llvm::StructType *type, const std::vector<llvm::Constant *> &rows, const std::string &name);
  /// A descriptor. It is written to: the runtime stores there what it chose or loaded.
  llvm::Constant *descriptor(llvm::Constant *value, const std::string &name);
  /// The descriptors' `element_bytes`: of an element or of a group of them.
  llvm::Constant *element_bytes(const KernelSignature &signature) const;
  /// Their `layouts`.
  llvm::Constant *layouts(const KernelSignature &signature) const;

  /// The exported function itself.
  void add(const Function &function, DType dtype, llvm::Constant *descriptor);

  /// The object file. Call once, after the last function.
  std::vector<char> finish();

 private:
  llvm::Type *type_of(const Argument &argument, DType dtype) const;
  llvm::Value *shape_of(llvm::IRBuilderBase &builder, std::vector<llvm::Value *> extents) const;
  llvm::GlobalVariable *global(llvm::Constant *value, bool constant, llvm::GlobalValue::LinkageTypes linkage,
                               const std::string &name);

  Runners run_;
};

}  // namespace actinide::aot
