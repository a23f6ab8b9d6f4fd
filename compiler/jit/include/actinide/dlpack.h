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
/// kernel's, or none for the defaults. All tensors of elements have one shape, of which
///   element-wise, the dimensions mean nothing;
///   rows, the last dimension is a row, and what there is one of for each row has the others;
///   parts, the same, where the last dimension of what holds two parts is twice that of the others;
///   channels, the dimensions are batch, channels, then the rest, and what there is one of for each channel has that
///   one; groups, the last dimension of the input is `k` times that of the output.
/// A sum over everything is one number of any shape. Tensors are dense, or, element-wise and of rows, lie in rows
/// of neighbours at one distance. An output may be exactly an input, as in Kernel::run. Throws UserError if the tensors
/// don't fit; then nothing was written.
void call(const Kernel &kernel, std::span<const DLTensor *const> tensors, std::span<const double> parameters = {});

/// The same for dense tensors in memory of a CUDA device, queued on `stream` as CudaKernel::launch says.
void launch(const CudaKernel &kernel, void *stream, std::span<const DLTensor *const> tensors,
            std::span<const double> parameters = {});

}  // namespace actinide
