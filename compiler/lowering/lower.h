// Numeric kernel -> Halide Funcs -> schedule -> lowered Halide Stmt.
//
// Each output of a program becomes one pure extern call of the element's inputs (calls.h): the arithmetic is ours to
// the bit, the loops are Halide's.
#pragma once

#include "lowering/kernel.h"
#include "schedules/schedule.h"

#include <Halide.h>

#include <string>
#include <vector>

namespace actinide {

/// The dimensions of a kernel's space.
enum class Axis : std::uint8_t { inner, channels, outer };

/// A buffer as Halide sees it: a view of one of the kernel's. Its first dimension steps by the view's members.
struct HalideBuffer {
  std::string name;
  View view;
  std::vector<Axis> axes;  ///< of its dimensions, innermost first
  bool is_word = false;    ///< no view, but the lanes of a word of the state that the part gathers
};

/// How the names of variables begin whose loops the teams of a CUDA device's threads share. No name of a user's has it
/// behind a dot, as loops do: `y.s0.team_o`.
inline constexpr std::string_view team_loop = "team_";

/// What the teams take. A team that reduces
/// is a warp, whose threads hold a lane each of every state.
enum class Teams : std::uint8_t {
  elements,        ///< nothing is reduced: teams of any size take rows, or channels of rows, and their threads elements
  rows,            ///< a warp takes a row
  channels,        ///< a warp takes a channel
  channel_pieces,  ///< a warp takes as many channels as it has threads
  one              ///< one warp does it all
};

/// Some of the kernel's outputs, and all that they need.
struct LoweredPart {
  Halide::Internal::Stmt statement;
  std::vector<HalideBuffer> buffers;
  Teams teams = Teams::elements;
  bool gives_elements = true;               ///< it has outputs with a value for each element
  std::vector<std::size_t> arguments = {};  ///< of a step of rows: the inputs of its program that its calls have
};

/// One way through the kernel's space. The parts are run one after the other: what a part has written, a later one may
/// have overwritten an input with.
struct LoweredBody {
  std::vector<LoweredPart> parts;
  /// It serves where `inner` is 1, and walks the channels in its place: vectors run along what is dense in memory.
  bool inner_is_one = false;
  /// Rows one after the other, each step by step. The parts are those steps that loop over a row's elements, for one
  /// row; what is derived of numbers of the row needs no loop.
  bool by_steps = false;
};

struct LoweredKernel {
  NumericKernel kernel;
  std::vector<Program> programs;    ///< those of the calls in the statements
  std::vector<LoweredBody> bodies;  ///< the first that serves is run; the last always does
  int native_lanes;                 ///< elements that the tail handles at a time
  int prefetch = 0;                 ///< bytes by which full blocks ask for their inputs ahead; 0: they don't
  bool loads_ahead = false;         ///< a loop over full blocks loads the inputs of the next turn before it computes
  bool streams = false;             ///< full blocks are written past the caches where the caller asks for it
};

/// `native_lanes`: elements of the storage type in one vector register of the target.
LoweredKernel lower(const NumericKernel &kernel, const Schedule &schedule, int native_lanes);
/// The same for an element-wise kernel of one program.
inline LoweredKernel lower(const Program &program, const Schedule &schedule, int native_lanes) {
  return lower(elementwise_kernel(program), schedule, native_lanes);
}

/// The statements as text.
std::string to_text(const LoweredKernel &kernel);

}  // namespace actinide
