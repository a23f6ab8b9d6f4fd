// Halide expressions as LLVM values, for a window of lanes at a time.
#pragma once

#include "codegen/target.h"
#include "error.h"
#include "lowering/lower.h"

#include <llvm/IR/IRBuilder.h>

#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace actinide {

/// Halide made a node that code generation doesn't know.
template <typename Node>
[[noreturn]] void unknown_node(std::string_view kind, const Node &node) {
  std::ostringstream text;
  text << node;
  throw InternalError(fmt::format("codegen: no rule for the {} {}", kind, text.str()));
}

/// The part of a vector statement that is being emitted: lanes [offset, offset + lanes).
struct Window {
  llvm::Value *offset;  ///< i32; null for 0
  int lanes;
};

/// The kernel's arguments, unpacked.
struct KernelArguments {
  std::vector<llvm::Value *> pointers;  ///< of the buffers
  llvm::Value *size = nullptr;          ///< number of elements, i32
};

/// Evaluates expressions where the builder stands. Vectors are as wide as the window; of a Halide vector they hold the
/// lanes of the window.
class ExpressionEmitter {
 public:
  ExpressionEmitter(llvm::IRBuilderBase &builder, const Target &target, const LoweredKernel &kernel)
      : builder_(builder), target_(target), kernel_(kernel) {}

  void set_arguments(KernelArguments arguments) { arguments_ = std::move(arguments); }
  void set_window(Window window) { window_ = window; }
  void bind(const std::string &name, llvm::Value *value) { values_[name] = value; }
  void unbind(const std::string &name) { values_.erase(name); }

  llvm::Value *value_of(const Halide::Expr &expr);
  void store(const Halide::Internal::Store *store, llvm::Value *value);

 private:
  llvm::Value *integer_operation(const Halide::Expr &expr);
  llvm::Value *ramp(const Halide::Internal::Ramp *ramp);
  llvm::Value *let(const Halide::Internal::Let *let);
  llvm::Value *load(const Halide::Internal::Load *load);
  llvm::Value *call(const Halide::Internal::Call *call);
  llvm::Value *buffer_field(const Halide::Internal::Call *call);
  llvm::Value *address(const std::string &buffer, llvm::Type *element, const Halide::Expr &index);

  llvm::Type *element_type(Halide::Type type);
  llvm::Type *type_of_expr(const Halide::Expr &expr);
  llvm::Value *widened(llvm::Value *scalar);
  llvm::Value *variable(const std::string &name);

  llvm::IRBuilderBase &builder_;
  const Target &target_;
  const LoweredKernel &kernel_;
  KernelArguments arguments_;
  std::map<std::string, llvm::Value *> values_;  ///< variables in scope
  Window window_{nullptr, 1};
};

}  // namespace actinide
