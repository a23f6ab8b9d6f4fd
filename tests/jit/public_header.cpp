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

static_assert(noexcept(std::declval<const actinide::Kernel &>().run(nullptr, 0)));
static_assert(std::copyable<actinide::Kernel> && std::copyable<actinide::Elementwise<double>>);
