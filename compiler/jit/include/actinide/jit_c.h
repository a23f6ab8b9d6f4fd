/* Activation kernels compiled just in time, for C and every language that calls C. C11 and C++; link Actinide::jit.

     actinide_jit_compiler *compiler = actinide_jit_compiler_create(NULL);
     actinide_jit_kernel *gelu = actinide_jit_compile(compiler, "gelu", NULL, NULL, NULL);
     if (gelu == NULL) puts(actinide_jit_last_error());
     void *buffers[] = {x, y};
     int status = actinide_jit_run(gelu, buffers, n, NULL);

   Functions that give a pointer give null where something is wrong, and actinide_jit_last_error says what. Thread-safe,
   but for the two that destroy. */
#ifndef ACTINIDE_JIT_C_H
#define ACTINIDE_JIT_C_H

#include "actinide/runtime.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct actinide_jit_compiler actinide_jit_compiler;
typedef struct actinide_jit_kernel actinide_jit_kernel;

/* The cause and the remedy of the last failure on this thread; it stays valid until the thread's next failure. */
const char *actinide_jit_last_error(void);

/* `target`: null for the environment variable ACTINIDE_TARGET or else the best one of this CPU. */
actinide_jit_compiler *actinide_jit_compiler_create(const char *target);
/* Its kernels stay. Null is allowed. */
void actinide_jit_compiler_destroy(actinide_jit_compiler *compiler);

/* `activation`: a name (`gelu`), a name with bound parameters (`leaky_relu(slope=0.2)`) or a definition
   (`mine(x; a = 1) = x * tanh(a * x)`). `pass`: null for `forward`. `dtypes`: `f64`, `bf16:f32`; null for `f32`.
   `tier`: null for `standard`. */
actinide_jit_kernel *actinide_jit_compile(const actinide_jit_compiler *compiler, const char *activation,
                                          const char *pass, const char *dtypes, const char *tier);
/* Not while it runs. Null is allowed. */
void actinide_jit_kernel_destroy(actinide_jit_kernel *kernel);

/* `buffers`: the inputs, then the outputs; an output may be exactly an input, but for sums over a channel.
   `parameters`: one finite number within its range (which nobody checks) for each parameter, or null for the defaults.
   Return an actinide_status; anything but ACTINIDE_OK means that nothing was written. A null kernel, such as a failed
   compile gives, is ACTINIDE_NULL_POINTER. */
int actinide_jit_run(const actinide_jit_kernel *kernel, void *const *buffers, size_t n, const double *parameters);
/* For kernels of rows (outer = rows, channels = 1, inner = columns), channels and parts. `strides`: the distance of the
   rows of each buffer, in elements; null where all are dense. A kernel of elements or groups runs on outer * channels *
   inner of them and takes no strides. */
int actinide_jit_run_shaped(const actinide_jit_kernel *kernel, void *const *buffers, size_t outer, size_t channels,
                            size_t inner, const size_t *strides, const double *parameters);

/* What a kernel takes and gives. Texts live as long as the kernel; null beyond the last of a list, or of no kernel. */
const char *actinide_jit_kernel_name(const actinide_jit_kernel *kernel);
const char *actinide_jit_kernel_formula(const actinide_jit_kernel *kernel);
const char *actinide_jit_kernel_input(const actinide_jit_kernel *kernel, size_t index);
const char *actinide_jit_kernel_output(const actinide_jit_kernel *kernel, size_t index);
const char *actinide_jit_kernel_parameter(const actinide_jit_kernel *kernel, size_t index);

#ifdef __cplusplus
}
#endif
#endif
