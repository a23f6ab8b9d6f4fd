// What `list` and `explain` say of an activation: a line each.
#pragma once

#include "pipeline.h"

#include <string>
#include <vector>

namespace actinide::cli {

struct Fact {
  std::string name;
  std::string text;
};

/// The definition as the table has it, or what a request made of it; text and LaTeX.
std::string written_definition(const KernelRequest &forward);
std::string written_latex(const KernelRequest &forward);

/// Parameters with their constraints, values at kinks, other names, passes. `forward`: the activation as parsed.
std::vector<Fact> facts_of(const KernelRequest &forward);

/// The request for a pass of the same activation, whether the pass is defined for it or not.
KernelRequest with_pass(KernelRequest request, Pass pass);
/// Why there is no kernel of the request: its pass isn't defined, or no call has room for its tensors; nothing if there
/// is one.
std::optional<std::string> reason_missing(const KernelRequest &request);
/// The passes that there are.
std::vector<Pass> passes_of(const KernelRequest &forward);

/// `clip(low = 0, high = 6)`
std::string request_text(const Activation &row, const Preset &preset);

}  // namespace actinide::cli
