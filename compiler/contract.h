// How exactly a kernel computes, and why: what the stages of the pipeline share of the accuracy contract. What users
// see of it is in pipeline.h: bound_of, promises_nearest, precision_of.
#pragma once

#include "pipeline.h"
#include "swept.h"

namespace actinide {

/// Of the parameters that are arguments.
std::vector<double> default_parameters(const KernelRequest &request);

/// The sweep that covers a kernel of 16 bits, or the derivative that it multiplies; null if there is none.
const SweptKernel *swept(const KernelRequest &request);

/// Whether plain f32 keeps 0.501 ULP of 16 bits, whatever the parameters.
bool rounds_once_in_plain(const KernelRequest &request);

/// Of sums of many terms, and of exponentials of differences: rounded once, at the end.
Precision precision_of_sums(DType dtype);

/// The stages of a kernel that computes with this precision, whatever the contract asks for. `rereads`: see RowSetting.
Stages stages_in(const KernelRequest &request, const Precision &precision, bool rereads = false);

}  // namespace actinide
