// XNNPACK: its operators, created and set up once, as its users run them.
#include "peers/peer.h"

#include <pthreadpool.h>
#include <xnnpack.h>

#include <cstring>
#include <limits>

namespace actinide::peers {
namespace {

pthreadpool_t pool = nullptr;

// Creates the operator for so many channels; a parameter that it needs is in the task.
using Create = xnn_status (*)(const Task &task, std::size_t channels, xnn_operator_t *result);

// An operator of any f32 or f16 has a set-up of its own, always of the same shape.
template <typename T>
using SetUp = xnn_status (*)(xnn_operator_t, std::size_t batch, const T *, T *, pthreadpool_t);

struct Operator {
  const char *activation;
  std::size_t parameters;  ///< that it takes; any further ones must have their defaults
  Create create;
  SetUp<float> set_up_f32;
  SetUp<void> set_up_f16;  ///< either of the two
};

float parameter(const Task &task, std::size_t k) {
  return static_cast<float>(task.parameters[k]);
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Those without parameters.
template <auto create>
xnn_status plain(const Task &, std::size_t channels, xnn_operator_t *result) {
  return create(channels, channels, channels, 0, result);
}

constexpr Operator operators[] = {
    {"relu", 0,
     [](const Task &, std::size_t channels, xnn_operator_t *result) {
       return xnn_create_clamp_nc_f32(channels, channels, channels, 0, kInfinity, 0, result);
     },
     xnn_setup_clamp_nc_f32, nullptr},
    {"clip", 2,
     [](const Task &task, std::size_t channels, xnn_operator_t *result) {
       return xnn_create_clamp_nc_f32(channels, channels, channels, parameter(task, 0), parameter(task, 1), 0, result);
     },
     xnn_setup_clamp_nc_f32, nullptr},
    {"leaky_relu", 1,
     [](const Task &task, std::size_t channels, xnn_operator_t *result) {
       return xnn_create_leaky_relu_nc_f32(channels, channels, channels, parameter(task, 0), 0, result);
     },
     xnn_setup_leaky_relu_nc_f32, nullptr},
    {"elu", 1,
     [](const Task &task, std::size_t channels, xnn_operator_t *result) {
       return xnn_create_elu_nc_f32(channels, channels, channels, parameter(task, 0), 0, result);
     },
     xnn_setup_elu_nc_f32, nullptr},
    {"prelu", 0,
     [](const Task &task, std::size_t channels, xnn_operator_t *result) {
       const auto *const slopes = static_cast<const float *>(task.buffers[1]);
       return xnn_create_prelu_nc_f32(channels, channels, channels, slopes, 0, result);
     },
     xnn_setup_prelu_nc_f32, nullptr},
    {"sigmoid", 0, plain<xnn_create_sigmoid_nc_f32>, xnn_setup_sigmoid_nc_f32, nullptr},
    {"hardswish", 0, plain<xnn_create_hardswish_nc_f32>, xnn_setup_hardswish_nc_f32, nullptr},
    {"abs", 0, plain<xnn_create_abs_nc_f32>, xnn_setup_abs_nc_f32, nullptr},
    {"square", 0, plain<xnn_create_square_nc_f32>, xnn_setup_square_nc_f32, nullptr},
    {"sqrt", 0, plain<xnn_create_square_root_nc_f32>, xnn_setup_square_root_nc_f32, nullptr},
    {"softmax", 0, plain<xnn_create_softmax_nc_f32>, xnn_setup_softmax_nc_f32, nullptr},
    {"relu", 0,
     [](const Task &, std::size_t channels, xnn_operator_t *result) {
       return xnn_create_clamp_nc_f16(channels, channels, channels, 0, kInfinity, 0, result);
     },
     nullptr, xnn_setup_clamp_nc_f16},
    {"clip", 2,
     [](const Task &task, std::size_t channels, xnn_operator_t *result) {
       return xnn_create_clamp_nc_f16(channels, channels, channels, parameter(task, 0), parameter(task, 1), 0, result);
     },
     nullptr, xnn_setup_clamp_nc_f16},
    {"leaky_relu", 1,
     [](const Task &task, std::size_t channels, xnn_operator_t *result) {
       return xnn_create_leaky_relu_nc_f16(channels, channels, channels, parameter(task, 0), 0, result);
     },
     nullptr, xnn_setup_leaky_relu_nc_f16},
    {"hardswish", 0, plain<xnn_create_hardswish_nc_f16>, nullptr, xnn_setup_hardswish_nc_f16},
};

class OperatorWork final : public Work {
 public:
  explicit OperatorWork(xnn_operator_t ready) : operator_(ready) {}
  ~OperatorWork() override { xnn_delete_operator(operator_); }
  void run() override { xnn_run_operator(operator_, pool); }

 private:
  xnn_operator_t operator_;
};

xnn_status set_up(const Operator &what, xnn_operator_t made, const Task &task) {
  const std::size_t output = std::strcmp(task.activation, "prelu") == 0 ? 2 : 1;
  const void *const x = task.buffers[0];
  void *const y = task.buffers[output];
  return what.set_up_f32
             ? what.set_up_f32(made, task.rows, static_cast<const float *>(x), static_cast<float *>(y), pool)
             : what.set_up_f16(made, task.rows, x, y, pool);
}

Work *start(const Task &task) {
  for (const Operator &what : operators) {
    const char *const dtype = what.set_up_f32 ? "f32" : "f16";
    if (std::strcmp(what.activation, task.activation) != 0 || std::strcmp(dtype, task.dtype) != 0 ||
        std::strcmp(task.pass, "forward") != 0 || task.parameter_count > what.parameters)
      continue;
    xnn_operator_t made = nullptr;
    // Not for this CPU.
    if (what.create(task, task.columns, &made) != xnn_status_success) return nullptr;
    auto *const work = new OperatorWork(made);
    if (set_up(what, made, task) == xnn_status_success) return work;
    delete work;
  }
  return nullptr;
}

}  // namespace
}  // namespace actinide::peers

const actinide::peers::Peer *actinide_peer(const actinide::peers::Setup &setup) {
  static const actinide::peers::Peer peer{"", actinide::peers::start};
  if (xnn_initialize(nullptr) != xnn_status_success) return nullptr;
  if (setup.threads > 1) actinide::peers::pool = pthreadpool_create(setup.threads);
  return &peer;
}
