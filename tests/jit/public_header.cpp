// Compiles if <actinide/jit.h> stands alone: no header of the compiler, Halide, LLVM, fmt or GMP is in reach here.
#include <actinide/jit.h>

#if defined(FMT_VERSION) || defined(HALIDE_VERSION_MAJOR) || defined(LLVM_VERSION_MAJOR) || defined(__GMP_H__)
#error "the public header pulls in a header of the compiler's dependencies"
#endif

#include <vector>

// The calls that the documentation promises are well-formed, and those that can't be right are not.
template <typename... Args>
concept Callable = requires(const actinide::Elementwise<float> &kernel, Args... args) {
  kernel(args...);
};

static_assert(Callable<std::vector<float> &, std::vector<float> &>);
static_assert(Callable<const std::vector<float> &, std::span<float>>);
static_assert(Callable<std::span<const float>, std::span<float>, double>);
static_assert(Callable<const float *, float *, std::size_t>);
static_assert(Callable<const float *, const float *, float *, std::size_t, float, float>);
static_assert(!Callable<std::vector<double> &, std::vector<double> &>);
static_assert(!Callable<const double *, float *, std::size_t>);
static_assert(!Callable<const char *>);

template <typename... Args>
concept Launchable = requires(const actinide::CudaElementwise<float> &kernel, Args... args) {
  kernel.launch(args...);
};

struct CUstream_st;
static_assert(Launchable<void *, const float *, float *, std::size_t>);
static_assert(Launchable<CUstream_st *, const float *, const float *, float *, std::size_t, float, int>);
static_assert(!Launchable<const float *, float *, std::size_t>, "the stream is missing");
static_assert(!Launchable<void *, std::vector<float> &, std::vector<float> &>, "no memory of a device");
static_assert(!Launchable<void *, const double *, float *, std::size_t>);

static_assert(noexcept(std::declval<const actinide::CudaKernel &>().launch(nullptr, nullptr, 0)));
static_assert(noexcept(std::declval<const actinide::Kernel &>().run(nullptr, 0)));
static_assert(noexcept(std::declval<const actinide::Kernel &>().run(nullptr, actinide::rows(1, 1))));
static_assert(noexcept(std::declval<const actinide::Compiler &>().try_elementwise<float>("relu")));
static_assert(std::copyable<actinide::Kernel> && std::copyable<actinide::Elementwise<double>>);
