// Eigen: array expressions, as one writes them and as TensorFlow's kernels do.
#include "peers/loops.h"

#include <unsupported/Eigen/SpecialFunctions>
#include <Eigen/Core>

#include <array>
#include <cmath>

namespace actinide::peers {
namespace {

template <typename T>
auto in(const Task &task, std::size_t k) {
  const auto n = static_cast<Eigen::Index>(task.rows * task.columns);
  return Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>(static_cast<const T *>(task.buffers[k]), n);
}
template <typename T>
auto out(const Task &task, std::size_t k) {
  const auto n = static_cast<Eigen::Index>(task.rows * task.columns);
  return Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>(static_cast<T *>(task.buffers[k]), n);
}
template <typename T>
T parameter(const Task &task, std::size_t k) {
  return static_cast<T>(task.parameters[k]);
}

// y of x by an expression.
template <typename T, auto expression>
void forward(const Task &task) {
  out<T>(task, 1) = expression(in<T>(task, 0), task);
}
// dx of dy, and of x or y.
template <typename T, auto expression>
void backward(const Task &task) {
  out<T>(task, 2) = expression(in<T>(task, 0), in<T>(task, 1), task);
}

template <typename T>
void softmax(const Task &task) {
  using Row = Eigen::Array<T, Eigen::Dynamic, 1>;
  const auto columns = static_cast<Eigen::Index>(task.columns);
  for (std::size_t row = 0; row < task.rows; ++row) {
    const Eigen::Map<const Row> x(static_cast<const T *>(task.buffers[0]) + row * task.columns, columns);
    Eigen::Map<Row> y(static_cast<T *>(task.buffers[1]) + row * task.columns, columns);
    y = (x - x.maxCoeff()).exp();
    y *= 1 / y.sum();
  }
}
template <typename T>
void log_softmax(const Task &task) {
  using Row = Eigen::Array<T, Eigen::Dynamic, 1>;
  const auto columns = static_cast<Eigen::Index>(task.columns);
  for (std::size_t row = 0; row < task.rows; ++row) {
    const Eigen::Map<const Row> x(static_cast<const T *>(task.buffers[0]) + row * task.columns, columns);
    Eigen::Map<Row> y(static_cast<T *>(task.buffers[1]) + row * task.columns, columns);
    y = x - x.maxCoeff();
    y -= std::log(y.exp().sum());
  }
}

template <typename T>
constexpr auto loops() {
  constexpr const char *dtype = dtype_name<T>();
  const auto row = [&](const char *activation, std::size_t parameters, void (*run)(const Task &)) {
    return Loop{activation, "forward", dtype, parameters, run};
  };
  const auto gradient = [&](const char *activation, std::size_t parameters, void (*run)(const Task &)) {
    return Loop{activation, "backward", dtype, parameters, run};
  };
  const auto from_output = [&](const char *activation, std::size_t parameters, void (*run)(const Task &)) {
    return Loop{activation, "backward_from_output", dtype, parameters, run};
  };
  return std::array{
      row("relu", 0, forward<T, [](auto x, auto &) { return x.max(T(0)); }>),
      row("leaky_relu", 1, forward<T, [](auto x, auto &t) { return (x > T(0)).select(x, parameter<T>(t, 0) * x); }>),
      row("abs", 0, forward<T, [](auto x, auto &) { return x.abs(); }>),
      row("square", 0, forward<T, [](auto x, auto &) { return x.square(); }>),
      row("sqrt", 0, forward<T, [](auto x, auto &) { return x.sqrt(); }>),
      row("exp", 0, forward<T, [](auto x, auto &) { return x.exp(); }>),
      row("log", 0, forward<T, [](auto x, auto &) { return x.log(); }>),
      row("tanh", 0, forward<T, [](auto x, auto &) { return x.tanh(); }>),
      row("sigmoid", 0, forward<T, [](auto x, auto &) { return x.logistic(); }>),
      row("silu", 0, forward<T, [](auto x, auto &) { return x * x.logistic(); }>),
      row("swish", 1, forward<T, [](auto x, auto &t) { return x * (parameter<T>(t, 0) * x).logistic(); }>),
      row("gelu_sigmoid", 0, forward<T, [](auto x, auto &) { return x * (T(1.702) * x).logistic(); }>),
      row("gelu", 0, forward<T, [](auto x, auto &) { return T(0.5) * x * (T(1) + (x * T(M_SQRT1_2)).erf()); }>),
      row("gelu_tanh", 0,
          forward<T,
                  [](auto x, auto &) {
                    return T(0.5) * x * (T(1) + (T(M_2_SQRTPI * M_SQRT1_2) * (x + T(0.044715) * x.cube())).tanh());
                  }>),
      row("elu", 1,
          forward<T, [](auto x, auto &t) { return (x > T(0)).select(x, parameter<T>(t, 0) * (x.exp() - T(1))); }>),
      row("softplus", 0, forward<T, [](auto x, auto &) { return x.max(T(0)) + (-x.abs()).exp().log1p(); }>),
      row("log_sigmoid", 0, forward<T, [](auto x, auto &) { return x.min(T(0)) - (-x.abs()).exp().log1p(); }>),
      row("mish", 0, forward<T, [](auto x, auto &) { return x * (x.max(T(0)) + (-x.abs()).exp().log1p()).tanh(); }>),
      row("squareplus", 1,
          forward<T, [](auto x, auto &t) { return T(0.5) * (x + (x.square() + parameter<T>(t, 0)).sqrt()); }>),
      row("clip", 2, forward<T, [](auto x, auto &t) { return x.max(parameter<T>(t, 0)).min(parameter<T>(t, 1)); }>),
      row("hardsigmoid", 2,
          forward<T,
                  [](auto x, auto &t) { return (parameter<T>(t, 0) * x + parameter<T>(t, 1)).max(T(0)).min(T(1)); }>),
      row("hardswish", 2,
          forward<T, [](auto x,
                        auto &t) { return x * (parameter<T>(t, 0) * x + parameter<T>(t, 1)).max(T(0)).min(T(1)); }>),
      row("softsign", 0, forward<T, [](auto x, auto &) { return x / (T(1) + x.abs()); }>),
      row("softmax", 0, softmax<T>),
      row("log_softmax", 0, log_softmax<T>),
      gradient("relu", 0, backward<T, [](auto dy, auto x, auto &) { return (x > T(0)).select(dy, T(0)); }>),
      gradient("leaky_relu", 1,
               backward<T, [](auto dy, auto x, auto &t) { return (x > T(0)).select(dy, parameter<T>(t, 0) * dy); }>),
      from_output("relu", 0, backward<T, [](auto dy, auto y, auto &) { return (y > T(0)).select(dy, T(0)); }>),
      from_output("sigmoid", 0, backward<T, [](auto dy, auto y, auto &) { return dy * y * (T(1) - y); }>),
      from_output("tanh", 0, backward<T, [](auto dy, auto y, auto &) { return dy * (T(1) - y.square()); }>),
      from_output("exp", 0, backward<T, [](auto dy, auto y, auto &) { return dy * y; }>),
      from_output("sqrt", 0, backward<T, [](auto dy, auto y, auto &) { return T(0.5) * dy / y; }>),
      from_output(
          "elu", 1,
          backward<T, [](auto dy, auto y, auto &t) { return (y > T(0)).select(dy, dy * (y + parameter<T>(t, 0))); }>)};
}

constexpr auto f32 = loops<float>();
constexpr auto f64 = loops<double>();

Work *start(const Task &task) {
  Work *const work = start_loop(f32, task);
  return work ? work : start_loop(f64, task);
}

}  // namespace
}  // namespace actinide::peers

const actinide::peers::Peer *actinide_peer(const actinide::peers::Setup &setup) {
  static const actinide::peers::Peer peer{
      ACTINIDE_VERSION_TEXT(EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION), actinide::peers::start};
  return setup.threads == 1 ? &peer : nullptr;  // expressions know nothing of threads
}
