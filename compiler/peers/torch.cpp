// PyTorch: the functions of ATen, its library of tensors, that its modules and their gradients call on a CPU.
#include "peers/peer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/InferenceMode.h>
#include <torch/headeronly/version.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace actinide::peers {
namespace {

bool same(const char *one, const char *other) {
  return std::strcmp(one, other) == 0;
}

// A task's buffers as tensors. `x` is y where the gradient is that of the output.
struct Call {
  const Task &task;
  at::Tensor x, dy, slopes, out, sums, saved;

  explicit Call(const Task &of) : task(of) {
    const bool backward = !same(task.pass, "forward"), has_slopes = same(task.activation, "prelu");
    x = tensor(backward ? 1 : 0, {rows(), columns()});
    if (backward) dy = tensor(0, {rows(), columns()});
    if (has_slopes) slopes = tensor(1, {columns()});
    const int output = backward || has_slopes ? 2 : 1;
    out = tensor(output, {rows(), columns()});
    sums = tensor(output, {rows()});
  }

  double parameter(std::size_t k) const { return task.parameters[k]; }

 private:
  std::int64_t rows() const { return static_cast<std::int64_t>(task.rows); }
  std::int64_t columns() const { return static_cast<std::int64_t>(task.columns); }
  at::Tensor tensor(int buffer, at::IntArrayRef sizes) const {
    const at::ScalarType type = same(task.dtype, "f64")    ? at::kDouble
                                : same(task.dtype, "f16")  ? at::kHalf
                                : same(task.dtype, "bf16") ? at::kBFloat16
                                                           : at::kFloat;
    return at::from_blob(task.buffers[buffer], sizes, type);
  }
};

// The allocator of all tensors, which can be told where the next one is to lie: while a Place lives.
class Allocator final : public c10::Allocator {
 public:
  struct Place {
    explicit Place(void *memory) { next_ = memory; }
    ~Place() { next_ = nullptr; }
    Place(const Place &) = delete;
    Place &operator=(const Place &) = delete;
  };

  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes == 0 || next_ == nullptr) return usual().allocate(bytes);
    return {std::exchange(next_, nullptr), c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return usual().raw_deleter(); }
  void copy_data(void *to, const void *from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }

 private:
  static c10::Allocator &usual() { return *c10::GetDefaultCPUAllocator(); }

  static thread_local void *next_;
};
thread_local void *Allocator::next_ = nullptr;

// Calls a function that has no form that writes where it is told: what it returns is the one tensor that it allocates.
template <auto function>
void placed(Call &c) {
  const Allocator::Place place(c.out.data_ptr());
  const at::Tensor result = function(c);
  TORCH_CHECK(result.data_ptr() == c.out.data_ptr(), c.task.activation, " allocates more than its result");
}

struct Function {
  const char *activation, *pass;
  std::size_t parameters;  ///< that it takes; any further ones must have their defaults
  void (*run)(Call &c);
};

// Klambauer et al.'s numbers, as ATen has them.
constexpr double kSeluAlpha = 1.6732632423543772848170429916717, kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSoftplusThreshold = 20;  // its default: y = x above

constexpr Function forward_functions[] = {
    {"relu", "forward", 0, placed<[](Call &c) { return at::relu(c.x); }>},
    {"leaky_relu", "forward", 1, [](Call &c) { at::leaky_relu_out(c.out, c.x, c.parameter(0)); }},
    {"prelu", "forward", 0, placed<[](Call &c) { return at::prelu(c.x, c.slopes); }>},
    {"gelu", "forward", 0, [](Call &c) { at::gelu_out(c.out, c.x, "none"); }},
    {"gelu_tanh", "forward", 0, [](Call &c) { at::gelu_out(c.out, c.x, "tanh"); }},
    {"silu", "forward", 0, [](Call &c) { at::silu_out(c.out, c.x); }},
    {"swish", "forward", 0, [](Call &c) { at::silu_out(c.out, c.x); }},
    {"mish", "forward", 0, [](Call &c) { at::mish_out(c.out, c.x); }},
    {"softplus", "forward", 1, [](Call &c) { at::softplus_out(c.out, c.x, c.parameter(0), kSoftplusThreshold); }},
    {"log_sigmoid", "forward", 0,
     [](Call &c) {
       if (!c.saved.defined()) c.saved = at::empty_like(c.x);
       at::log_sigmoid_forward_out(c.out, c.saved, c.x);
     }},
    {"sigmoid", "forward", 0, [](Call &c) { at::sigmoid_out(c.out, c.x); }},
    {"tanh", "forward", 0, [](Call &c) { at::tanh_out(c.out, c.x); }},
    {"elu", "forward", 1, [](Call &c) { at::elu_out(c.out, c.x, c.parameter(0)); }},
    {"celu", "forward", 1, placed<[](Call &c) { return at::celu(c.x, c.parameter(0)); }>},
    {"selu", "forward", 0, placed<[](Call &c) { return at::selu(c.x); }>},
    {"clip", "forward", 2, [](Call &c) { at::hardtanh_out(c.out, c.x, c.parameter(0), c.parameter(1)); }},
    {"hardsigmoid", "forward", 0, [](Call &c) { at::hardsigmoid_out(c.out, c.x); }},
    {"hardswish", "forward", 0, [](Call &c) { at::hardswish_out(c.out, c.x); }},
    {"hardshrink", "forward", 1, [](Call &c) { at::hardshrink_out(c.out, c.x, c.parameter(0)); }},
    {"softshrink", "forward", 1, [](Call &c) { at::softshrink_out(c.out, c.x, c.parameter(0)); }},
    {"threshold", "forward", 2, [](Call &c) { at::threshold_out(c.out, c.x, c.parameter(0), c.parameter(1)); }},
    {"abs", "forward", 0, [](Call &c) { at::abs_out(c.out, c.x); }},
    {"square", "forward", 0, [](Call &c) { at::square_out(c.out, c.x); }},
    {"sqrt", "forward", 0, [](Call &c) { at::sqrt_out(c.out, c.x); }},
    {"exp", "forward", 0, [](Call &c) { at::exp_out(c.out, c.x); }},
    {"log", "forward", 0, [](Call &c) { at::log_out(c.out, c.x); }},
    {"sin", "forward", 0, [](Call &c) { at::sin_out(c.out, c.x); }},
    {"pow", "forward", 1, [](Call &c) { at::pow_out(c.out, c.x, at::Scalar(c.parameter(0))); }},
    {"softmax", "forward", 0, [](Call &c) { at::softmax_out(c.out, c.x, 1); }},
    {"log_softmax", "forward", 0, [](Call &c) { at::log_softmax_out(c.out, c.x, 1); }},
    {"logsumexp", "forward", 0, [](Call &c) { at::logsumexp_out(c.sums, c.x, 1); }},
};

template <bool of_output>
void elu_backward(Call &c, double alpha, double scale, double input_scale) {
  at::elu_backward_out(c.out, c.dy, alpha, scale, input_scale, of_output, c.x);
}

// Not hardsigmoid's: its 1/6 has the digits of f32 in f64, too. Not log_sigmoid's: it needs what forward has saved.
constexpr Function backward_functions[] = {
    {"relu", "backward", 0, [](Call &c) { at::threshold_backward_out(c.out, c.dy, c.x, 0); }},
    {"leaky_relu", "backward", 1,
     [](Call &c) { at::leaky_relu_backward_out(c.out, c.dy, c.x, c.parameter(0), false); }},
    {"gelu", "backward", 0, [](Call &c) { at::gelu_backward_out(c.out, c.dy, c.x, "none"); }},
    {"gelu_tanh", "backward", 0, [](Call &c) { at::gelu_backward_out(c.out, c.dy, c.x, "tanh"); }},
    {"silu", "backward", 0, [](Call &c) { at::silu_backward_out(c.out, c.dy, c.x); }},
    {"swish", "backward", 0, [](Call &c) { at::silu_backward_out(c.out, c.dy, c.x); }},
    {"mish", "backward", 0, placed<[](Call &c) { return at::mish_backward(c.dy, c.x); }>},
    {"softplus", "backward", 1,
     [](Call &c) { at::softplus_backward_out(c.out, c.dy, c.x, c.parameter(0), kSoftplusThreshold); }},
    {"elu", "backward", 1, [](Call &c) { elu_backward<false>(c, c.parameter(0), 1, 1); }},
    {"celu", "backward", 1, [](Call &c) { elu_backward<false>(c, c.parameter(0), 1, 1 / c.parameter(0)); }},
    {"selu", "backward", 0, [](Call &c) { elu_backward<false>(c, kSeluAlpha, kSeluScale, 1); }},
    {"clip", "backward", 2,
     [](Call &c) { at::hardtanh_backward_out(c.out, c.dy, c.x, c.parameter(0), c.parameter(1)); }},
    {"hardswish", "backward", 0, placed<[](Call &c) { return at::hardswish_backward(c.dy, c.x); }>},
    {"hardshrink", "backward", 1, [](Call &c) { at::hardshrink_backward_out(c.out, c.dy, c.x, c.parameter(0)); }},
    {"softshrink", "backward", 1, [](Call &c) { at::softshrink_backward_out(c.out, c.dy, c.x, c.parameter(0)); }},
    {"threshold", "backward", 2, [](Call &c) { at::threshold_backward_out(c.out, c.dy, c.x, c.parameter(0)); }},

    {"relu", "backward_from_output", 0, [](Call &c) { at::threshold_backward_out(c.out, c.dy, c.x, 0); }},
    {"leaky_relu", "backward_from_output", 1,
     [](Call &c) { at::leaky_relu_backward_out(c.out, c.dy, c.x, c.parameter(0), true); }},
    {"sigmoid", "backward_from_output", 0, [](Call &c) { at::sigmoid_backward_out(c.out, c.dy, c.x); }},
    {"tanh", "backward_from_output", 0, [](Call &c) { at::tanh_backward_out(c.out, c.dy, c.x); }},
    {"elu", "backward_from_output", 1, [](Call &c) { elu_backward<true>(c, c.parameter(0), 1, 1); }},
    {"celu", "backward_from_output", 1, [](Call &c) { elu_backward<true>(c, c.parameter(0), 1, 1 / c.parameter(0)); }},
    {"softmax", "backward_from_output", 0,
     [](Call &c) { at::_softmax_backward_data_out(c.out, c.dy, c.x, 1, c.x.scalar_type()); }},
    {"log_softmax", "backward_from_output", 0,
     [](Call &c) { at::_log_softmax_backward_data_out(c.out, c.dy, c.x, 1, c.x.scalar_type()); }},
};

class FunctionWork final : public Work {
 public:
  FunctionWork(const Function &function, const Task &task) : function_(function), call_(task) {}
  void run() override {
    const c10::InferenceMode no_gradients;
    function_.run(call_);
  }

 private:
  const Function &function_;
  Call call_;
};

template <typename Table>
const Function *find(const Table &table, const Task &task) {
  for (const Function &function : table)
    if (same(function.activation, task.activation) && same(function.pass, task.pass) &&
        task.parameter_count <= function.parameters)
      return &function;
  return nullptr;
}

Work *start(const Task &task) {
  const Function *const function =
      same(task.pass, "forward") ? find(forward_functions, task) : find(backward_functions, task);
  if (!function) return nullptr;
  auto *const work = new FunctionWork(*function, task);
  try {
    work->run();
    return work;
  } catch (const c10::Error &) {
    delete work;  // not implemented for this dtype
    return nullptr;
  }
}

// Before the first call, which looks at it.
void limit_instructions(const std::string &target) {
  if (target != "x86-64-v2" && target != "x86-64-v3") return;
  const bool avx2 = target == "x86-64-v3";
  setenv("ATEN_CPU_CAPABILITY", avx2 ? "avx2" : "default", 1);
  setenv("ONEDNN_MAX_CPU_ISA", avx2 ? "AVX2" : "SSE41", 1);  // of the oneDNN inside it
}

}  // namespace
}  // namespace actinide::peers

const actinide::peers::Peer *actinide_peer(const actinide::peers::Setup &setup) {
  actinide::peers::limit_instructions(setup.target);
  at::set_num_threads(static_cast<int>(setup.threads));
  static actinide::peers::Allocator allocator;
  c10::SetCPUAllocator(&allocator);
  static const actinide::peers::Peer peer{TORCH_VERSION, actinide::peers::start};
  return &peer;
}
