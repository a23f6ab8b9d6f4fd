/* A project that uses emitted kernels: every function that its CMakeLists.txt asks for, against libm. */
#include <act.h>

#include <math.h>
#include <stdio.h>

enum { COUNT = 9 };
static const double inputs[COUNT] = {-3, -1.5, -0.5, -1e-3, 0, 1e-3, 0.5, 1.5, 3};

static int failures;

static void expect(const char *what, double x, double computed, double exact, double tolerance) {
  if (fabs(computed - exact) <= tolerance * fabs(exact)) return;
  ++failures;
  fprintf(stderr, "%s at %g: %.17g, expected %.17g\n", what, x, computed, exact);
}

static double cdf(double x) {
  return 0.5 * erfc(-x / sqrt(2));
}
static double pdf(double x) {
  return exp(-x * x / 2) / sqrt(8 * atan(1));
}
static double gelu(double x) {
  return x * cdf(x);
}
static double gelu_slope(double x) {
  return cdf(x) + x * pdf(x);
}
static double leaky(double x) {
  return x > 0 ? x : 0.2 * x;
}
static double leaky_slope(double x) {
  return x > 0 ? 1 : 0.2;
}
static double softplus(double x) {
  return log1p(exp(x));
}
static double softplus_slope(double x) {
  return 1 / (1 + exp(-x));
}
static double wave(double x) {
  return x + sin(2 * x);
}
static double wave_slope(double x) {
  return 1 + 2 * cos(2 * x);
}
static double cubic(double x) {
  return x + 3 * x * x * x;
}
static double cubic_slope(double x) {
  return 1 + 9 * x * x;
}

/* Runs the forward and the backward kernel of one element type and compares with libm. */
#define CHECK(type, dtype, tolerance, function, reference, slope, ...)                                            \
  do {                                                                                                            \
    type x[COUNT], dy[COUNT], y[COUNT], dx[COUNT];                                                                \
    for (int i = 0; i < COUNT; ++i) x[i] = (type)inputs[i], dy[i] = 2;                                            \
    const int forward = act_##function##_forward_##dtype(x, y, COUNT __VA_ARGS__);                                \
    const int backward = act_##function##_backward_##dtype(dy, x, dx, COUNT __VA_ARGS__);                         \
    if (forward != 0 || backward != 0) ++failures, fprintf(stderr, #function "_" #dtype ": a status is not 0\n"); \
    for (int i = 0; i < COUNT; ++i) {                                                                             \
      expect(#function "_forward_" #dtype, x[i], y[i], reference(x[i]), tolerance);                               \
      expect(#function "_backward_" #dtype, x[i], dx[i], 2 * slope(x[i]), tolerance);                             \
    }                                                                                                             \
  } while (0)

#define CHECK_BOTH(...)                   \
  CHECK(float, f32, 2.5e-7, __VA_ARGS__); \
  CHECK(double, f64, 2e-15, __VA_ARGS__)

int main(void) {
  CHECK_BOTH(gelu, gelu, gelu_slope, );
  CHECK_BOTH(leaky_relu_slope0p2, leaky, leaky_slope, );
  CHECK_BOTH(softplus, softplus, softplus_slope, , 1);
  CHECK_BOTH(wave, wave, wave_slope, , 2);
  CHECK_BOTH(cubic, cubic, cubic_slope, , 3);
  return failures != 0;
}
