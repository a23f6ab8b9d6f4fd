/* Between compiled kernels and the runtime. Emitted libraries and the just-in-time compiler use it; users don't. */
#ifndef ACTINIDE_KERNEL_H
#define ACTINIDE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ACTINIDE_KERNEL_ABI = 5, ACTINIDE_MAX_BUFFERS = 8 };
enum { ACTINIDE_MAX_SUM_WORDS = 2 * ACTINIDE_MAX_BUFFERS }; /* see actinide_kernel::sum_words */
enum { ACTINIDE_CACHE_LINE = 64 };                          /* bytes */
enum { ACTINIDE_CUDA_MAX_PARAMETERS = 256 };                /* of a CUDA kernel */
enum { ACTINIDE_CUDA_WARP = 32 };                           /* threads */

/* What a CPU must have. The runtime's detection and the compiler's target table share these bits. */
#define ACTINIDE_CPU_X86_64_V2 (UINT64_C(1) << 0) /* SSE4.2, POPCNT, SSSE3 */
#define ACTINIDE_CPU_X86_64_V3 (UINT64_C(1) << 1) /* AVX2, FMA, F16C, BMI; enabled by the operating system */
#define ACTINIDE_CPU_X86_64_V4 (UINT64_C(1) << 2) /* AVX-512 F, BW, DQ, VL, CD; enabled by the operating system */

#define ACTINIDE_CPU_AARCH64 (UINT64_C(1) << 8)       /* Armv8.0-A with floating point and Advanced SIMD (NEON) */
#define ACTINIDE_CPU_AARCH64_FP16 (UINT64_C(1) << 9)  /* f16 arithmetic, scalar and Advanced SIMD */
#define ACTINIDE_CPU_AARCH64_BF16 (UINT64_C(1) << 10) /* bf16 conversions, in SVE too where SVE2 is set */
#define ACTINIDE_CPU_AARCH64_SVE2 (UINT64_C(1) << 11) /* SVE2, whatever the length of its vectors */

/* The sizes that a kernel function takes. Element-wise kernels and those of groups: the number of elements or groups,
   and whether to write the outputs past the caches (see actinide_variant::stream_bytes). Others walk outer x channels x
   inner elements, each at most 2^30; for them the distance of the rows of each buffer follows, in elements. */
enum {
  ACTINIDE_SIZE_ELEMENTS = 0,
  ACTINIDE_SIZE_STREAMS = 1, /* 0 or 1 */
  ACTINIDE_ELEMENT_SIZES = 2,

  ACTINIDE_SIZE_OUTER = 0,
  ACTINIDE_SIZE_CHANNELS = 1,
  ACTINIDE_SIZE_INNER = 2,
  ACTINIDE_SIZE_STRIDES = 3, /* of buffer 0; the others follow */
  ACTINIDE_MAX_SIZES = ACTINIDE_SIZE_STRIDES + ACTINIDE_MAX_BUFFERS
};

/* Computes all elements of its buffers: inputs first, then outputs, each pointing at its first element. Any alignment.
   An output may be exactly an input, but for sums. */
typedef void (*actinide_kernel_function)(void *const *buffers, const int64_t *sizes, const double *parameters);

typedef struct actinide_variant {
  const char *target;
  uint64_t cpu_features;
  actinide_kernel_function function;
  actinide_kernel_function merge; /* null without actinide_kernel::sum_words */
  /* Of all tensors, from which it pays to write the outputs past the caches: to the same bits, if they begin on cache
     lines (ACTINIDE_CACHE_LINE) and are no inputs. 0: never. */
  uint64_t stream_bytes;
} actinide_variant;

/* What a buffer of a kernel of outer x channels x inner elements holds. */
enum {
  ACTINIDE_ALONG_ELEMENTS = 0, /* rows: channels * inner elements, or as many in each of several parts */
  ACTINIDE_ALONG_CHANNELS = 1, /* an element for each channel */
  ACTINIDE_ALONG_ROWS = 2,     /* an element for each of `outer` rows */
  ACTINIDE_ALONG_NOTHING = 3   /* one element */
};

typedef struct actinide_layout {
  uint8_t along; /* ACTINIDE_ALONG_* */
  uint8_t parts; /* of a row of elements; else 1 */
} actinide_layout;

/* Describes one kernel; lives in the data of an emitted library. */
typedef struct actinide_kernel {
  uint32_t abi; /* ACTINIDE_KERNEL_ABI */
  uint8_t inputs;
  uint8_t outputs;
  /* Of an element, or of the group of them that is one of n, of each buffer, inputs first. */
  uint8_t element_bytes[ACTINIDE_MAX_BUFFERS];
  uint16_t parameters;
  uint32_t variant_count;
  const actinide_variant *variants; /* best first */
  /* Cost of an element in 1/1024 nanoseconds on one core, for the decision to use several threads. */
  uint32_t cost;
  /* Of kernels for actinide_shaped_kernel_run. */
  uint8_t gathers; /* 1: an output sums over rows, which therefore stay together */
  /* Not 0: every output is a sum over all elements. The kernel's function takes one row for each block of elements and
     gives, in the place of the outputs, so many f64 numbers for each row: the state of its sums. The function `merge`
     takes one row of states, blocks in their order, and gives the outputs. */
  uint8_t sum_words;
  actinide_layout layouts[ACTINIDE_MAX_BUFFERS];
  /* Chosen at the first call; zero before. Written atomically by the runtime. `selected` is the variant's function:
     what every call needs lies here. */
  actinide_kernel_function selected;
  const actinide_variant *selected_variant;
} actinide_kernel;

/* Checks the arguments, chooses the variant and runs it, on several threads if that pays. buffers: inputs, then
   outputs. Returns an actinide_status; anything but ACTINIDE_OK means that nothing was written. Thread-safe. */
int actinide_kernel_run(actinide_kernel *kernel, void *const *buffers, size_t n, const double *parameters);

/* outer x channels x inner elements: `rows` and `columns` are outer and inner, with one channel. */
typedef struct actinide_shape {
  size_t outer, channels, inner;
} actinide_shape;

/* The same for a kernel whose function takes the extents of its space. `strides`: the distance of the rows of each
   buffer, in elements; null where all are dense, and not read for buffers that have no rows. A kernel with sum_words
   takes one row. */
int actinide_shaped_kernel_run(actinide_kernel *kernel, void *const *buffers, const actinide_shape *shape,
                               const size_t *strides, const double *parameters);

/* The same kernel for CUDA: PTX for one compute capability and all later ones. */
typedef struct actinide_cuda_image {
  uint32_t compute_capability; /* 80, 90 */
  const char *ptx;             /* ends with a zero; holds every entry of the kernel */
} actinide_cuda_image;

/* What the teams of threads take of a kernel of outer x channels x inner elements. Those that sum or compare are warps,
   whose threads share each unit. */
enum {
  ACTINIDE_TEAMS_ELEMENTS =
      0, /* of 2^team_bits threads: rows, or channels of rows; of an element-wise kernel no teams */
  ACTINIDE_TEAMS_ROWS = 1,
  ACTINIDE_TEAMS_CHANNELS = 2,
  ACTINIDE_TEAMS_CHANNEL_PIECES = 3, /* of ACTINIDE_CUDA_WARP channels */
  ACTINIDE_TEAMS_ONE = 4             /* one warp all of it */
};

/* A function in the PTX. It computes all that it is asked for whatever the grid: its loops stride over the grid. It
   takes one .u64 for each buffer, inputs first; then .u32 n <= 2^30, or, of a kernel that is `shaped`, .u32 outer,
   channels and inner, each at most 2^30, one .u32 for each buffer, the distance of its rows in elements, and .u32
   team_bits; then one .f64 for each parameter. Where the kernel has sum_words, part 0 takes them in the place of the
   outputs, and part 1 in that of the inputs. */
typedef struct actinide_cuda_entry {
  const char *name;
  uint32_t block_threads;
  uint32_t thread_elements; /* that a thread computes in one turn of its loop */
  uint32_t alignment;       /* bytes that every buffer must be aligned to; a power of two */
  uint32_t part;            /* the parts of a kernel are launched one after the other */
  uint8_t inner_is_one;     /* 1: it serves where inner is 1, and its threads share the channels */
  uint8_t teams;            /* ACTINIDE_TEAMS_* */
} actinide_cuda_entry;

/* Describes one kernel for CUDA; lives in the data of an emitted library. */
typedef struct actinide_cuda_kernel {
  uint32_t abi; /* ACTINIDE_KERNEL_ABI */
  uint8_t inputs;
  uint8_t outputs;
  uint8_t element_bytes[ACTINIDE_MAX_BUFFERS]; /* as in actinide_kernel */
  uint8_t alignment[ACTINIDE_MAX_BUFFERS];     /* of each buffer: the bytes of one number */
  uint16_t parameters;                         /* at most ACTINIDE_CUDA_MAX_PARAMETERS */
  uint32_t image_count;                        /* at least 1 */
  const actinide_cuda_image *images;           /* best first: the highest compute capability */
  uint32_t entry_count;                        /* at least 1 */
  const actinide_cuda_entry *entries; /* in the order of parts; of each the best first, and the last serves always */
  uint32_t multiprocessor_blocks;     /* at most so many blocks for each multiprocessor; 0: no limit */
  uint8_t shaped;                     /* 1: it is for actinide_cuda_shaped_kernel_run */
  uint8_t sum_words;                  /* as in actinide_kernel */
  actinide_layout layouts[ACTINIDE_MAX_BUFFERS]; /* of a kernel that is shaped */
  /* What was loaded into each context; null before the first call. Written atomically by the runtime. */
  void *loaded;
} actinide_cuda_kernel;

/* Checks the arguments and launches the kernel, once for each 2^30 elements, on `stream` (a CUstream or cudaStream_t;
   null is the legacy default stream, CU_STREAM_LEGACY and CU_STREAM_PER_THREAD serve too) of the context that is
   current on the calling thread. buffers: inputs, then outputs, in memory that this context's device can access.
   Returns when the launch is queued, with an actinide_status; anything but ACTINIDE_OK means that nothing was launched,
   or, with n > 2^30, that a later launch failed.

   The first call in a context loads the PTX, which takes milliseconds, and keeps it as long as the context lives. The
   stream may be capturing a graph, also at the first call. Thread-safe. As with CUDA itself, a child of fork can't go
   on with what its parent began: fork before the first call, and not while another thread is in it. */
int actinide_cuda_kernel_run(actinide_cuda_kernel *kernel, void *const *buffers, size_t n, const double *parameters,
                             void *stream);

/* The same for a kernel that is `shaped`; shape and strides as in actinide_shaped_kernel_run. It launches each part of
   the kernel, once for each 2^30 rows. A kernel with sum_words allocates and frees 16 KiB at most on the stream
   (cuMemAllocAsync), which a graph captures, too. */
int actinide_cuda_shaped_kernel_run(actinide_cuda_kernel *kernel, void *const *buffers, const actinide_shape *shape,
                                    const size_t *strides, const double *parameters, void *stream);

#ifdef __cplusplus
}
#endif
#endif
