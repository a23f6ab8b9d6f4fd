// Halide expressions as LLVM values, for a window of lanes at a time.
#pragma once

#include "codegen/elements.h"
#include "codegen/entry.h"
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
  llvm::Value *offset = nullptr;  ///< i32; null for 0
  llvm::ElementCount lanes = llvm::ElementCount::getFixed(1);
  llvm::Value *mask = nullptr;  ///< the lanes that may be touched; null for all
};

/// Evaluates expressions where the builder stands: the integers of loops and indices as scalars, the elements of a
/// statement as vectors of the window's lanes.
class ExpressionEmitter {
 public:
  ExpressionEmitter(llvm::IRBuilderBase &builder, const Target &target, const LoweredKernel &kernel)
      : builder_(builder), target_(target), kernel_(kernel), elements_(builder, target, kernel.program) {}

  /// What is emitted here must dominate all that follows.
  void set_arguments(KernelArguments arguments);
  void set_window(Window window);
  void bind(const std::string &name, llvm::Value *value) { values_[name] = value; }
  void unbind(const std::string &name) { values_.erase(name); }

  llvm::Value *value_of(const Halide::Expr &expr);
  void store(const Halide::Internal::Store *store, llvm::Value *value);

 private:
  llvm::Value *integer_operation(const Halide::Expr &expr);
  llvm::Value *let(const Halide::Internal::Let *let);
  llvm::Value *load(const Halide::Internal::Load *load);
  llvm::Value *call(const Halide::Internal::Call *call);
  llvm::Value *buffer_field(const Halide::Internal::Call *call);
  llvm::Value *address(const std::string &buffer, llvm::Type *element, const Halide::Expr &index);
  llvm::Align alignment(llvm::Type *type);
  llvm::Type *element_type(Halide::Type type);
  llvm::Value *variable(const std::string &name);

  llvm::IRBuilderBase &builder_;
  const Target &target_;
  const LoweredKernel &kernel_;
  ElementEmitter elements_;
  KernelArguments arguments_;
  std::map<std::string, llvm::Value *> values_;  ///< variables in scope
  Window window_;
  std::vector<llvm::Value *> outputs_;  ///< of the elements in the window, once they were asked for
};

}  // namespace actinide
