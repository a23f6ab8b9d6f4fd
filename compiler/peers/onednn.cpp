// oneDNN: its element-wise primitives and softmax, forward and backward, as a framework calls them.
#include "peers/peer.h"

#include <dnnl.hpp>
#include <omp.h>

#include <cstring>
#include <string>
#include <unordered_map>

namespace actinide::peers {
namespace {

using dnnl::algorithm, dnnl::memory;

// What alpha or beta of a primitive is: a parameter of the activation, or a number.
struct Argument {
  int parameter = -1;
  float number = 0;

  float value(const Task &task) const {
    return parameter < 0 ? number : static_cast<float>(task.parameters[parameter]);
  }
};
constexpr Argument first{0}, second{1}, one{-1, 1};

struct Elementwise {
  const char *activation;
  std::size_t parameters;  ///< that it takes; any further ones must have their defaults
  algorithm forward;
  algorithm from_output = algorithm::undef;  ///< the one whose gradient is that of the output
  Argument alpha = {}, beta = {};
};

constexpr Elementwise elementwise[] = {
    {"relu", 0, algorithm::eltwise_relu, algorithm::eltwise_relu_use_dst_for_bwd},
    {"leaky_relu", 1, algorithm::eltwise_relu, algorithm::undef, first},
    {"tanh", 0, algorithm::eltwise_tanh, algorithm::eltwise_tanh_use_dst_for_bwd},
    {"elu", 1, algorithm::eltwise_elu, algorithm::eltwise_elu_use_dst_for_bwd, first},
    {"square", 0, algorithm::eltwise_square},
    {"abs", 0, algorithm::eltwise_abs},
    {"sqrt", 0, algorithm::eltwise_sqrt, algorithm::eltwise_sqrt_use_dst_for_bwd},
    {"silu", 0, algorithm::eltwise_swish, algorithm::undef, one},
    {"swish", 1, algorithm::eltwise_swish, algorithm::undef, first},
    {"identity", 2, algorithm::eltwise_linear, algorithm::undef, first, second},
    {"clip", 2, algorithm::eltwise_clip, algorithm::undef, first, second},
    {"softplus", 0, algorithm::eltwise_soft_relu},
    {"log_sigmoid", 0, algorithm::eltwise_logsigmoid},
    {"mish", 0, algorithm::eltwise_mish},
    {"sigmoid", 0, algorithm::eltwise_logistic, algorithm::eltwise_logistic_use_dst_for_bwd},
    {"exp", 0, algorithm::eltwise_exp, algorithm::eltwise_exp_use_dst_for_bwd},
    {"gelu", 0, algorithm::eltwise_gelu_erf},
    {"gelu_tanh", 0, algorithm::eltwise_gelu_tanh},
    {"log", 0, algorithm::eltwise_log},
    {"pow", 1, algorithm::eltwise_pow, algorithm::undef, one, first},
    {"hardswish", 0, algorithm::eltwise_hardswish},
};

struct Softmax {
  const char *activation;
  algorithm forward;
};
constexpr Softmax softmax[] = {{"softmax", algorithm::softmax_accurate}, {"log_softmax", algorithm::softmax_log}};

bool same(const char *one_text, const char *other_text) {
  return std::strcmp(one_text, other_text) == 0;
}

class Primitive final : public Work {
 public:
  explicit Primitive(const Task &task)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_), shape_(shape_of(task)), task_(task) {}

  void run() override {
    primitive_.execute(stream_, arguments_);
    stream_.wait();
  }

  // y of x.
  void forward(algorithm what, float alpha, float beta) {
    primitive_ = dnnl::eltwise_forward(forward_hint(what, alpha, beta));
    bind({DNNL_ARG_SRC, DNNL_ARG_DST});
  }
  // dx of dy and x, or of dy and y.
  void backward(algorithm what, float alpha, float beta, bool from_output) {
    const dnnl::eltwise_backward::desc description(what, shape_, shape_, alpha, beta);
    primitive_ = dnnl::eltwise_backward({description, engine_, forward_hint(what, alpha, beta)});
    bind({DNNL_ARG_DIFF_DST, from_output ? DNNL_ARG_DST : DNNL_ARG_SRC, DNNL_ARG_DIFF_SRC});
  }
  void softmax_forward(algorithm what) {
    primitive_ = dnnl::softmax_v2_forward(softmax_hint(what));
    bind({DNNL_ARG_SRC, DNNL_ARG_DST});
  }
  void softmax_backward(algorithm what) {
    const dnnl::softmax_v2_backward::desc description(what, shape_, shape_, shape_, 1);
    primitive_ = dnnl::softmax_v2_backward({description, engine_, softmax_hint(what)});
    bind({DNNL_ARG_DIFF_DST, DNNL_ARG_DST, DNNL_ARG_DIFF_SRC});
  }

 private:
  static memory::desc shape_of(const Task &task) {
    const memory::data_type type = same(task.dtype, "bf16")  ? memory::data_type::bf16
                                   : same(task.dtype, "f16") ? memory::data_type::f16
                                                             : memory::data_type::f32;
    const memory::dims sizes = {static_cast<memory::dim>(task.rows), static_cast<memory::dim>(task.columns)};
    return memory::desc(sizes, type, memory::format_tag::ab);
  }
  dnnl::eltwise_forward::primitive_desc forward_hint(algorithm what, float alpha, float beta) const {
    return {{dnnl::prop_kind::forward_training, what, shape_, alpha, beta}, engine_};
  }
  dnnl::softmax_v2_forward::primitive_desc softmax_hint(algorithm what) const {
    return {{dnnl::prop_kind::forward_training, what, shape_, shape_, 1}, engine_};
  }
  // What each buffer is.
  void bind(std::initializer_list<int> roles) {
    for (const int role : roles) arguments_.emplace(role, memory(shape_, engine_, task_.buffers[arguments_.size()]));
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  memory::desc shape_;
  const Task &task_;
  dnnl::primitive primitive_;
  std::unordered_map<int, memory> arguments_;
};

// False if there is no such primitive.
bool prepare(Primitive &work, const Task &task) {
  for (const Softmax &row : softmax) {
    if (!same(row.activation, task.activation)) continue;
    if (same(task.pass, "forward"))
      work.softmax_forward(row.forward);
    else if (same(task.pass, "backward_from_output"))
      work.softmax_backward(row.forward);
    else
      return false;
    return true;
  }
  for (const Elementwise &row : elementwise) {
    if (!same(row.activation, task.activation) || task.parameter_count > row.parameters) continue;
    const float alpha = row.alpha.value(task), beta = row.beta.value(task);
    if (same(task.pass, "forward"))
      work.forward(row.forward, alpha, beta);
    else if (same(task.pass, "backward"))
      work.backward(row.forward, alpha, beta, false);
    else if (same(task.pass, "backward_from_output") && row.from_output != algorithm::undef)
      work.backward(row.from_output, alpha, beta, true);
    else
      return false;
    return true;
  }
  return false;
}

Work *start(const Task &task) {
  if (same(task.dtype, "f64")) return nullptr;
  try {
    auto work = new Primitive(task);
    if (prepare(*work, task)) return work;
    delete work;
  } catch (const dnnl::error &) {
    // Not implemented for this dtype on this CPU.
  }
  return nullptr;
}

}  // namespace
}  // namespace actinide::peers

const actinide::peers::Peer *actinide_peer(const actinide::peers::Setup &setup) {
  static const std::string target = setup.target;
  if (target == "x86-64-v2") dnnl::set_max_cpu_isa(dnnl::cpu_isa::sse41);
  if (target == "x86-64-v3") dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2);
  omp_set_num_threads(static_cast<int>(setup.threads));
  const dnnl_version_t *version = dnnl_version();
  static const std::string text =
      std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch);
  static const actinide::peers::Peer peer{text.c_str(), actinide::peers::start};
  return &peer;
}
