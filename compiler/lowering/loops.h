// From a scheduled Func to loops over memory: those of Halide's passes that our kernels need, in Halide's order.
#pragma once

#include <Halide.h>

#include <vector>

namespace actinide {

/// What Func::compile_to_module makes of it in twice the time, but for what code generation drops: checks of buffers,
/// and frees. `tensors` are read.
Halide::Internal::Stmt lower_loops(Halide::Func output, const std::vector<Halide::ImageParam> &tensors,
                                   const Halide::Target &target);

}  // namespace actinide
