#include "activation.h"

#include "digits_bf16.h"
#include "digits_kernels.h"
#include "digits_learned.h"
#include "digits_units.h"

#include "actinide/jit.h"

#include <bit>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace digits {
namespace {

// Element-wise: as many numbers come out as go in.
Activation element_wise(const char *name, int (*forward)(const float *x, float *y, size_t n),
                        int (*backward)(const float *dy, const float *x, float *dx, size_t n)) {
  return {.name = name,
          .forward = [=](const float *x, const float *, float *y,
                         std::size_t images) { check(forward(x, y, images * kFeatures)); },
          .backward = [=](const float *dy, const float *x, const float *, float *dx, float *,
                          std::size_t images) { check(backward(dy, x, dx, images * kFeatures)); }};
}

// A slope for each feature; backward gives the gradient of the slopes too.
Activation prelu() {
  return {
      .name = "prelu, slopes learned",
      .learned = std::vector<float>(kFeatures, 0.25f),
      .forward = [](const float *x, const float *slope, float *y,
                    std::size_t images) { check(digits_learned_prelu_forward_f32(x, slope, y, images, kFeatures, 1)); },
      .backward =
          [](const float *dy, const float *x, const float *slope, float *dx, float *dslope, std::size_t images) {
            check(digits_learned_prelu_backward_f32(dy, x, slope, dx, dslope, images, kFeatures, 1));
          }};
}

// One beta for all; its gradient is a pass of its own.
Activation swish() {
  return {
      .name = "swish, beta learned",
      .learned = {1},
      .forward = [](const float *x, const float *beta, float *y,
                    std::size_t images) { check(digits_learned_swish_forward_f32(x, y, images * kFeatures, *beta)); },
      .backward =
          [](const float *dy, const float *x, const float *beta, float *dx, float *dbeta, std::size_t images) {
            check(digits_learned_swish_backward_f32(dy, x, dx, images * kFeatures, *beta));
            check(digits_learned_swish_parameter_gradient_f32(dy, x, dbeta, images * kFeatures, *beta));
          }};
}

// The larger of two neighbours.
Activation maxout() {
  return {
      .name = "maxout of two",
      .inputs = 2 * kFeatures,
      .forward = [](const float *x, const float *, float *y,
                    std::size_t images) { check(digits_units_maxout_forward_f32(x, y, images * kFeatures)); },
      .backward = [](const float *dy, const float *x, const float *, float *dx, float *,
                     std::size_t images) { check(digits_units_maxout_backward_f32(dy, x, dx, images * kFeatures)); }};
}

// [relu(x), relu(-x)]: twice as many numbers come out.
Activation crelu() {
  constexpr int inputs = kFeatures / 2;
  return {.name = "crelu",
          .inputs = inputs,
          .forward = [](const float *x, const float *, float *y,
                        std::size_t images) { check(digits_units_crelu_forward_f32(x, y, images, inputs)); },
          .backward = [](const float *dy, const float *x, const float *, float *dx, float *,
                         std::size_t images) { check(digits_units_crelu_backward_f32(dy, x, dx, images, inputs)); }};
}

// Of each image the first half is x, the second half the gate.
Activation swiglu() {
  constexpr int inputs = 2 * kFeatures;
  return {.name = "swiglu",
          .inputs = inputs,
          .forward =
              [](const float *x, const float *, float *y, std::size_t images) {
                for (std::size_t i = 0; i < images; ++i) {
                  const float *value = x + i * inputs, *gate = value + kFeatures;
                  check(digits_units_swiglu_forward_f32(value, gate, y + i * kFeatures, kFeatures));
                }
              },
          .backward =
              [](const float *dy, const float *x, const float *, float *dx, float *, std::size_t images) {
                for (std::size_t i = 0; i < images; ++i) {
                  const float *value = x + i * inputs, *gate = value + kFeatures;
                  float *dvalue = dx + i * inputs, *dgate = dvalue + kFeatures;
                  check(digits_units_swiglu_backward_f32(dy + i * kFeatures, value, gate, dvalue, dgate, kFeatures));
                }
              }};
}

// Finite numbers, rounded to nearest even.
std::vector<std::uint16_t> to_bf16(const float *x, std::size_t n) {
  std::vector<std::uint16_t> result(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(x[i]);
    result[i] = static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
  return result;
}

void from_bf16(const std::vector<std::uint16_t> &x, float *y) {
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = std::bit_cast<float>(static_cast<std::uint32_t>(x[i]) << 16);
}

// What backward needs is kept in bf16, half the memory, and every tensor of the kernels is bf16.
Activation gelu_in_bf16() {
  const auto kept = std::make_shared<std::vector<std::uint16_t>>();
  return {.name = "gelu, stored as bf16",
          .forward =
              [kept](const float *x, const float *, float *y, std::size_t images) {
                *kept = to_bf16(x, images * kFeatures);
                std::vector<std::uint16_t> result(kept->size());
                check(digits_bf16_gelu_forward_bf16(kept->data(), result.data(), kept->size()));
                from_bf16(result, y);
              },
          .backward =
              [kept](const float *dy, const float *, const float *, float *dx, float *, std::size_t) {
                std::vector<std::uint16_t> gradient = to_bf16(dy, kept->size());
                check(digits_bf16_gelu_backward_bf16(gradient.data(), kept->data(), gradient.data(), kept->size()));
                from_bf16(gradient, dx);
              }};
}

}  // namespace

// kernel_table.inc: a line for each element-wise activation that CMakeLists.txt names.
std::vector<Activation> emitted_activations() {
  return {
#include "kernel_table.inc"
      prelu(), swish(), maxout(), crelu(), swiglu(), gelu_in_bf16(),
  };
}

Activation compiled_activation(const std::string &text) {
  const actinide::Compiler compiler;
  const auto forward = compiler.elementwise<float>(text, actinide::Pass::forward);
  const auto backward = compiler.elementwise<float>(text, actinide::Pass::backward);
  return {.name = text,
          .forward = [=](const float *x, const float *, float *y,
                         std::size_t images) { forward(x, y, images * kFeatures); },
          .backward = [=](const float *dy, const float *x, const float *, float *dx, float *,
                          std::size_t images) { backward(dy, x, dx, images * kFeatures); }};
}

void check(int status) {
  if (status != 0) throw std::runtime_error(actinide_status_string(status));
}

}  // namespace digits
