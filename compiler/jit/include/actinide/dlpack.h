// Tensors as frameworks exchange them (DLPack), without a copy. Needs <dlpack/dlpack.h>.
//
//   DLManagedTensor *x = ..., *y = ...;                      // from a framework
//   const DLTensor *tensors[] = {&x->dl_tensor, &y->dl_tensor};
//   actinide::call(compiler.kernel("gelu", actinide::Pass::forward, actinide::DType::f32), tensors);
#pragma once

#include "actinide/jit.h"

#include <dlpack/dlpack.h>

#include <span>

namespace actinide {

/// Runs `kernel` over `tensors`, inputs first, then outputs, in memory of the CPU; `parameters` are all of the
/// kernel's, or none for the defaults. What the dimensions mean:
///   element-wise: all tensors have one shape;
///   rows and parts: the last dimension is a row, and what there is one of for each row has the others;
///   channels: batch, channels, then the rest, and what there is one of for each channel has that dimension;
///   groups: the last dimension of the input is `k` times that of the output.
/// Tensors are dense, or, element-wise and of rows, lie in rows of neighbours at one distance. Throws UserError if the
/// tensors don't fit; then nothing was written, unless element-wise rows overlap: then perhaps some.
void call(const Kernel &kernel, std::span<const DLTensor *const> tensors, std::span<const double> parameters = {});

/// The same for dense tensors in memory of a CUDA device, queued on `stream` as CudaKernel::launch says.
void launch(const CudaKernel &kernel, void *stream, std::span<const DLTensor *const> tensors,
            std::span<const double> parameters = {});

}  // namespace actinide
