/* The C API, from C11: compile, run, what goes wrong. Says the first thing that isn't as it should be. */
#include "actinide/jit_c.h"

#include <stdio.h>
#include <string.h>

#define CHECK(condition)                                                 \
  do {                                                                   \
    if (!(condition)) {                                                  \
      fprintf(stderr, "c_api.c:%d: not so: %s\n", __LINE__, #condition); \
      return 1;                                                          \
    }                                                                    \
  } while (0)

static int elementwise(const actinide_jit_compiler *compiler) {
  actinide_jit_kernel *kernel = actinide_jit_compile(compiler, "leaky_relu", "backward", "f64", "faithful");
  CHECK(kernel != NULL);
  CHECK(strcmp(actinide_jit_kernel_name(kernel), "leaky_relu_backward_f64") == 0);
  CHECK(strncmp(actinide_jit_kernel_formula(kernel), "dx = ", 5) == 0);
  CHECK(strcmp(actinide_jit_kernel_input(kernel, 1), "x") == 0 && actinide_jit_kernel_input(kernel, 2) == NULL);
  CHECK(strcmp(actinide_jit_kernel_output(kernel, 0), "dx") == 0 && actinide_jit_kernel_output(kernel, 1) == NULL);
  CHECK(strcmp(actinide_jit_kernel_parameter(kernel, 0), "slope") == 0);
  CHECK(actinide_jit_kernel_parameter(kernel, 1) == NULL);
  double dy[] = {10, 10}, x[] = {-1, 1}, dx[2], slope = 0.5;
  void *buffers[] = {dy, x, dx};
  CHECK(actinide_jit_run(kernel, buffers, 2, &slope) == ACTINIDE_OK);
  CHECK(dx[0] == 5 && dx[1] == 10);
  buffers[2] = NULL;
  CHECK(actinide_jit_run(kernel, buffers, 2, NULL) == ACTINIDE_NULL_POINTER);
  actinide_jit_kernel_destroy(kernel);
  return 0;
}

static int shaped(const actinide_jit_compiler *compiler) {
  actinide_jit_kernel *kernel = actinide_jit_compile(compiler, "softmax", NULL, NULL, NULL);
  CHECK(kernel != NULL);
  float x[] = {1, 1, 9, 2, 2, 9}, y[4];
  void *buffers[] = {x, y};
  const size_t strides[] = {3, 2};
  CHECK(actinide_jit_run_shaped(kernel, buffers, 2, 1, 2, strides, NULL) == ACTINIDE_OK);
  CHECK(y[0] == 0.5f && y[1] == 0.5f && y[2] == 0.5f && y[3] == 0.5f);
  CHECK(actinide_jit_run_shaped(kernel, buffers, 1, 2, 2, NULL, NULL) == ACTINIDE_INVALID_SIZE);
  actinide_jit_kernel_destroy(kernel);
  actinide_jit_kernel *relu = actinide_jit_compile(compiler, "relu", NULL, NULL, NULL);
  CHECK(actinide_jit_run_shaped(relu, buffers, 2, 1, 2, NULL, NULL) == ACTINIDE_OK);
  CHECK(y[0] == 1 && y[1] == 1 && y[2] == 9 && y[3] == 2);
  CHECK(actinide_jit_run_shaped(relu, buffers, 2, 1, 2, strides, NULL) == ACTINIDE_INVALID_SIZE);
  actinide_jit_kernel_destroy(relu);
  return 0;
}

static int errors(const actinide_jit_compiler *compiler) {
  CHECK(actinide_jit_compiler_create("vax") == NULL);
  CHECK(strstr(actinide_jit_last_error(), "vax") != NULL);
  CHECK(actinide_jit_compile(compiler, "gleu", NULL, NULL, NULL) == NULL);
  CHECK(strstr(actinide_jit_last_error(), "did you mean 'gelu'?") != NULL);
  CHECK(actinide_jit_compile(compiler, "gelu", "backwards", NULL, NULL) == NULL);
  CHECK(strstr(actinide_jit_last_error(), "unknown pass 'backwards'") != NULL);
  CHECK(actinide_jit_compile(compiler, "gelu", NULL, "f8", NULL) == NULL);
  CHECK(strstr(actinide_jit_last_error(), "f8") != NULL);
  CHECK(actinide_jit_compile(NULL, "gelu", NULL, NULL, NULL) == NULL);
  void *buffers[] = {NULL, NULL};
  CHECK(actinide_jit_run(NULL, buffers, 1, NULL) == ACTINIDE_NULL_POINTER);
  CHECK(actinide_jit_run_shaped(NULL, buffers, 1, 1, 1, NULL, NULL) == ACTINIDE_NULL_POINTER);
  CHECK(actinide_jit_kernel_name(NULL) == NULL && actinide_jit_kernel_formula(NULL) == NULL);
  CHECK(actinide_jit_kernel_input(NULL, 0) == NULL && actinide_jit_kernel_output(NULL, 0) == NULL);
  CHECK(actinide_jit_kernel_parameter(NULL, 0) == NULL);
  actinide_jit_kernel_destroy(NULL);
  actinide_jit_compiler_destroy(NULL);
  return 0;
}

int main(void) {
  actinide_jit_compiler *compiler = actinide_jit_compiler_create(NULL);
  CHECK(compiler != NULL);
  const int failed = elementwise(compiler) || shaped(compiler) || errors(compiler);
  actinide_jit_compiler_destroy(compiler);
  return failed;
}
