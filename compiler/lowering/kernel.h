// A whole kernel, numerically: what its buffers hold, and the programs that are run over them, step by step.
//
// Every kernel walks a space of outer x channels x inner elements. Of an element-wise kernel only `inner` is more than
// one; of a row kernel, `outer` counts the rows and `inner` the columns.
#pragma once

#include "approximation/program.h"
#include "vocabulary.h"

#include <cstddef>
#include <string>
#include <vector>

namespace actinide {

/// A buffer of the caller: dense, but for the distance of its rows where the space has rows.
struct KernelBuffer {
  std::string name;
  DType dtype;
  Along along = Along::element;
  int parts = 1;    ///< a row holds so many times `inner` elements, part after part (the halves of a gated unit)
  int members = 1;  ///< an element is a group of so many neighbours (maxout)

  friend bool operator==(const KernelBuffer &, const KernelBuffer &) = default;
};

/// A tensor of the programs: the elements of a buffer, or of one part or member of it.
struct View {
  std::string name;
  std::size_t buffer;
  int part = 0;
  int member = 0;

  friend bool operator==(const View &, const View &) = default;
};

/// Programs read views, and the states that earlier steps left, by name. A view of an output is read after a map has
/// written it.
struct Step {
  enum class Kind : std::uint8_t {
    map,     ///< `program` computes one value of each of its outputs, which are views
    reduce,  ///< `program` takes a state and an element to the next state; its outputs are the words of the state
    derive   ///< `program` computes the words of a further state of earlier ones, once for what `along` says
  };
  Kind kind = Kind::map;
  Along along = Along::element;      ///< what there is a result for
  Program program;                   ///< reduce: the words of the state are inputs, too
  Program merge = {};                ///< reduce: of two states; its inputs are the words of both, in order
  std::vector<double> initial = {};  ///< reduce: the words of the state of no elements

  friend bool operator==(const Step &, const Step &) = default;
};

struct NumericKernel {
  ShapeClass shape = ShapeClass::element;
  std::vector<KernelBuffer> buffers;  ///< inputs, then outputs: the order of the kernel's arguments
  std::vector<View> inputs;
  std::vector<View> outputs;
  std::vector<std::string> parameters;
  std::vector<Step> steps;

  friend bool operator==(const NumericKernel &, const NumericKernel &) = default;
};

/// The extents of what a buffer holds, for people: `rows x 2 columns`.
std::string extent_text(ShapeClass shape, const KernelBuffer &buffer);

/// The programs, each under a line that says what its step is for; of one step, the program alone.
std::string to_text(const NumericKernel &kernel);

/// An element-wise kernel: one program, whose tensors are the buffers.
NumericKernel elementwise_kernel(const Program &program);

}  // namespace actinide
