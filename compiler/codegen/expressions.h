// Halide expressions as LLVM values, for a window of lanes at a time.
#pragma once

#include "codegen/elements.h"
#include "codegen/entry.h"
#include "codegen/target.h"
#include "error.h"
#include "lowering/calls.h"
#include "lowering/lower.h"

#include <llvm/IR/IRBuilder.h>

#include <map>
#include <span>
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
  llvm::Value *rest = nullptr;  ///< how many they are, or more than there are lanes; where there is a mask
  bool is_block = false;        ///< of the main loop, one after the other from the first element
};

/// Evaluates expressions where the builder stands: the integers of loops and indices as scalars, the elements of a
/// statement as vectors of the window's lanes.
class ExpressionEmitter {
 public:
  ExpressionEmitter(llvm::IRBuilderBase &builder, const Target &target, const LoweredKernel &kernel)
      : builder_(builder), target_(target), kernel_(kernel) {
    for (const Program &program : kernel.programs) elements_.emplace_back(builder, target, program);
  }

  /// What is emitted here must dominate all that follows.
  void set_arguments(KernelArguments arguments);
  /// The part whose statement is being emitted. `words`: the memory of the state that it gathers.
  void set_part(const LoweredPart &part, std::vector<llvm::Value *> words = {}) {
    part_ = &part;
    words_ = std::move(words);
  }
  /// A step of a row: its program has the number `first_program`, which the statement calls 0, and reads `numbers` of
  /// the row, by name, besides what the statement gives it.
  using Numbers = std::map<std::string, llvm::Value *>;
  void set_step(std::size_t first_program, const Numbers &numbers);
  /// The outputs of the step's program, which reads nothing but numbers of the row.
  std::vector<llvm::Value *> outputs_of_step();
  /// The words of a state in 32 lanes, merged by the program after the step's.
  std::vector<llvm::Value *> fold_words();
  void set_window(Window window);
  void bind(const std::string &name, llvm::Value *value) { values_[name] = value; }
  void unbind(const std::string &name) {
    values_.erase(name);
    products_.erase(name);
  }
  /// A loop's variable times `factor`, i64, which is all that is asked for.
  void bind_product(const std::string &name, llvm::Value *product, std::int64_t factor);

  /// The memory `name` is held by a warp: thread number `lane` has its element of that number in `slot`. All threads
  /// have the only element of one.
  void hold(const std::string &name, llvm::Value *slot, int elements, llvm::Value *lane) {
    held_[name] = {slot, elements, lane};
  }
  void release(const std::string &name) { held_.erase(name); }
  bool holds(const std::string &name) const { return held_.contains(name); }

  /// Loads of the window and what they have given: they aren't emitted again. An empty list: they are.
  using Loaded = std::vector<std::pair<Halide::Expr, llvm::Value *>>;
  void set_loaded(Loaded loaded) { loaded_ = std::move(loaded); }

  llvm::Value *value_of(const Halide::Expr &expr);
  void store(const Halide::Internal::Store *store, llvm::Value *value, bool past_caches);
  llvm::Type *element_type(Halide::Type type);

 private:
  /// Where the window's lanes of a load or store lie.
  struct Place {
    llvm::Value *pointer;           ///< of the first
    llvm::Value *stride = nullptr;  ///< of the following, in elements; null for neighbours
  };

  struct Held {
    llvm::Value *slot;
    int elements;
    llvm::Value *lane;
  };

  llvm::Value *integer_operation(const Halide::Expr &expr);
  llvm::Value *let(const Halide::Internal::Let *let);
  llvm::Value *vector_of(const Halide::Internal::Broadcast *broadcast);
  llvm::Value *load(const Halide::Internal::Load *load);
  llvm::Value *load_held(const Halide::Internal::Load *load, const Held &held);
  llvm::Value *load_whole(llvm::Type *type, llvm::Value *pointer);
  llvm::Value *call(const Halide::Internal::Call *call);
  std::vector<llvm::Value *> outputs_of(const Halide::Internal::Call *call, const ElementCall &element);
  /// Where the lanes of a state's word lie, which are neighbours.
  struct Lanes {
    llvm::Type *element;
    llvm::Value *first;
  };
  std::vector<llvm::Value *> fold(ElementEmitter &merge, const std::vector<Lanes> &words);
  std::vector<llvm::Value *> fold_held(ElementEmitter &merge, std::span<const Halide::Expr> first_lanes);
  llvm::Value *buffer_field(const Halide::Internal::Call *call);
  llvm::Value *extent(Axis axis) const;
  llvm::Value *stride(const HalideBuffer &buffer, std::size_t dimension);
  llvm::Value *host_pointer(const View &view);
  Place place_of(const std::string &buffer, llvm::Type *element, const Halide::Expr &index);
  llvm::Value *pointers(const Place &place, llvm::Type *element);
  llvm::Align alignment(llvm::Type *type);
  void prefetch(llvm::Value *pointer, llvm::Type *type);
  void store_past_caches(llvm::Value *value, llvm::Value *pointer);
  llvm::Value *variable(const std::string &name);
  llvm::Value *product(const Halide::Internal::Mul *product);
  llvm::Value *in_64_bits(llvm::Value *index);
  llvm::Value *at(llvm::Type *element, llvm::Value *pointer, const Halide::Expr &index);

  llvm::IRBuilderBase &builder_;
  const Target &target_;
  const LoweredKernel &kernel_;
  std::vector<ElementEmitter> elements_;  ///< of each program
  const LoweredPart *part_ = nullptr;
  std::vector<llvm::Value *> words_;
  std::size_t first_program_ = 0;
  Numbers numbers_;
  KernelArguments arguments_;
  std::map<std::string, llvm::Value *> values_;  ///< variables in scope
  struct Product {
    llvm::Value *value;
    std::int64_t factor;
  };
  std::map<std::string, Product> products_;  ///< of variables of loops
  std::map<std::string, Held> held_;
  Window window_;
  Loaded loaded_;
  std::size_t program_ = 0;             ///< that has been asked for in the window,
  std::vector<llvm::Value *> outputs_;  ///< and its outputs; empty before
};

}  // namespace actinide
