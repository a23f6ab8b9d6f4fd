// The spine: a request goes through every stage, in order, to machine code. Everything that compiles calls this.
#pragma once

#include "activations.h"
#include "approximation/evaluate.h"
#include "codegen/target.h"
#include "expression/form.h"
#include "lowering/kernel.h"
#include "schedules/schedule.h"
#include "vocabulary.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actinide {

class Module;

/// What is asked for, checked, before any work is done.
struct KernelRequest {
  Definition definition = {};       ///< bound parameters substituted and removed
  std::string label = {};           ///< part of C names: `leaky_relu_slope0p2`
  const Activation *row = nullptr;  ///< the built-in's row, or null for a user's definition
  ParameterValues bound = {};       ///< parameters compiled in, options included
  Form form = {};                   ///< gated: the definition is x * f(gate) with the f of the row
  Pass pass = Pass::forward;
  DTypes dtypes = DType::f32;  ///< of the tensors
  DType dtype = DType::f32;    ///< of the numbers that the function takes and gives, before they are stored
  Tier tier = Tier::standard;
  ShapeClass shape = ShapeClass::element;
  /// The buffer whose parts or members the inputs are; empty: each has one of its own.
  std::string packed_name = {};
  std::string schedule = {};  ///< changes to the schedule that the kernel would have (schedules/schedule.h)
};

/// Understands `text`: an activation by name (`gelu`, `leaky_relu(slope=0.2)`) or a definition (`f(x) = ...`), either
/// in one of the forms (`gated(silu)`, `packed(f(x, gate) = ...)`).
/// `schedule`: changes to the schedule (schedules/schedule.h).
/// Throws UserError for an unknown name, a malformed definition, a parameter that is unknown or outside its range, or a
/// schedule that isn't one.
KernelRequest parse_kernel_request(const std::string &text, Pass pass, DTypes dtypes, Tier tier,
                                   const std::string &schedule = {});

/// The definition for people: `gelu(x) = x * normcdf(x)`, `softmax(x): exp(x_i) / sum_j exp(x_j)`.
std::string definition_text(const KernelRequest &request);
/// Its right-hand side for documents.
std::string definition_latex(const KernelRequest &request);

/// What a parameter of that value is as an argument of a kernel, or of a function of an emitted library.
double nearest_parameter(const Rational &value, DType dtype);

/// The face of a kernel: all that a header, a manifest or a caller needs to know.
struct KernelSignature {
  std::string label;
  Pass pass;
  DTypes dtypes;
  std::vector<std::string> inputs;      ///< tensors, in the order of the C arguments
  std::vector<std::string> outputs;     ///< tensors, after the inputs
  std::vector<std::string> parameters;  ///< scalars, after n
  std::string formula;                  ///< what the kernel computes, in the language of activations
  ShapeClass shape = ShapeClass::element;
  std::vector<KernelBuffer> buffers = {};  ///< what the inputs and outputs hold

  /// `gelu_forward_f32`, `gelu_forward_bf16_f32`: the C name without the library's prefix.
  std::string base_name() const;
};
KernelSignature signature_of(const KernelRequest &request);
/// Its functions take the extents of a space: n says too little, or what is summed is walked as a row.
bool takes_extents(const KernelSignature &signature);

/// Two requests with the same are the same kernel, to the bit, on every target; schedules aside.
std::string identity_of(const KernelRequest &request);

/// The largest error in ULP that the contract allows this kernel: every input, default parameters, targets with fma.
/// Empty for a user's definition, whose error is measured (`actinide check`), not promised, for fused sums, and where
/// the bound is a relaxed one.
std::optional<double> bound_of(const KernelRequest &request);

/// The largest |computed - exact| / max(1, |exact|) that the contract allows a kernel of the tier `relaxed`. Empty
/// where bound_of says more, or nothing is promised.
std::optional<double> relaxed_bound_of(const KernelRequest &request);

/// True if the contract promises this kernel's exact result, rounded once to nearest: forward and derivatives of 16
/// bits, and of f32 in the tier `exact`, for each input, where there is one input.
bool promises_nearest(const KernelRequest &request);

/// True if a subnormal result may be given as zero, the one thing that the contract excuses.
bool may_flush(const KernelRequest &request);

/// In which type this kernel computes on `target`, and how exactly.
Precision precision_of(const KernelRequest &request, const Target &target);

/// A kernel whose outputs are all sums over everything has a second function, which merges what the first makes of
/// blocks of elements: actinide_kernel::sum_words.
std::string merge_symbol(const std::string &symbol);
/// The f64 numbers that such a kernel makes of a block; 0 for any other kernel.
std::size_t sum_words(const KernelSignature &signature);
/// The functions of a kernel for a CPU: `symbol`, and its merge_symbol where it has one.
std::vector<std::string> cpu_symbols(const KernelSignature &signature, const std::string &symbol);

/// What the stages before code generation made.
struct Stages {
  SymbolicKernel exact;            ///< the definition with the pass applied, as it was written
  SymbolicKernel stable;           ///< the same function in stable form
  std::vector<std::string> rules;  ///< the rewrites that led there
  Precision precision;
  Program program;       ///< of a kernel of one step
  NumericKernel kernel;  ///< the whole kernel as programs
};
Stages make_stages(const KernelRequest &request, const Target &target);

/// What a kernel's numerics decide beside its bits.
struct KernelFacts {
  std::uint32_t cost = 0;  ///< of an element (cost.h)
  Schedule schedule;
};
/// `tuned`: with what is known of the kernel (schedules/database.h), if its request doesn't say otherwise.
KernelFacts facts_of(const KernelRequest &request, const Target &target, const Stages &stages, bool tuned = true);

/// Each output as `name = expression`, shared parts first where that makes it readable; or as LaTeX.
std::string describe(const SymbolicKernel &kernel, bool latex = false);
/// What the kernel computes before it is in stable form: `describe`, or the steps over a row.
std::string exact_text(const KernelRequest &request, const Stages &stages);

inline constexpr std::string_view kDefinition = "definition", kPass = "pass", kStableForm = "stable form",
                                  kNumerics = "numerics", kHalide = "halide", kLlvm = "llvm", kAssembly = "assembly";
/// Called after each stage with its name, and what tells as text what the stage has made.
using StageReport = std::function<void(std::string_view stage, const std::function<std::string()> &text)>;

/// The whole pipeline: adds the kernel to `module`, as the function `symbol`, with the suffix of each of its
/// kernel_functions.
KernelFacts compile_kernel(const KernelRequest &request, const Target &target, Module &module,
                           const std::string &symbol, const StageReport &reported = {});

/// The names of all stages in order, those of `explain`.
const std::vector<std::string> &stage_names();

/// The life of a kernel: each stage with its text, from the definition to assembly.
std::vector<std::pair<std::string, std::string>> explain(const KernelRequest &request, const Target &target,
                                                         bool latex = false);

}  // namespace actinide
