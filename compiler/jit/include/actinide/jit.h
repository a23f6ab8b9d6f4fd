// Activation kernels compiled just in time, inside a host program.
//
//   actinide::Compiler compiler;
//   auto gelu = compiler.elementwise<float>("gelu", actinide::Pass::forward);
//   gelu(x, y);                                   // std::span or a container, or pointers and n
//
//   auto mine = compiler.elementwise<float>("mine(x) = x * tanh(exp(x))", actinide::Pass::backward);
//   mine(dy, x, dx);
//
//   auto leaky = compiler.elementwise<float>("leaky_relu", actinide::Pass::forward);
//   leaky(x, y, 0.2);                             // a parameter that the request left open
//
//   auto half = compiler.elementwise<actinide::bf16>("gelu");   // also actinide::f16: 16-bit patterns, see element.h
//   auto wider = compiler.elementwise<actinide::bf16, float>("gelu");  // from bf16 to f32
//
//   auto softmax = compiler.shaped<float>("softmax");           // rows, channels, parts, groups
//   softmax(actinide::rows(32, 1000), x, y);
//
//   auto cuda = compiler.cuda_elementwise<float>("gelu", actinide::Pass::forward);
//   cuda.launch(stream, x, y, n);                 // pointers to device memory
//
// Every error is an actinide::UserError, a std::runtime_error whose text names the cause and the remedy. Without
// exceptions: Compiler::try_kernel, try_elementwise, and the status of Kernel::run.
#pragma once

#include "actinide/arguments.h"
#include "actinide/element.h"
#include "actinide/exceptions.h"
#include "actinide/result.h"
#include "actinide/runtime.h"
#include "actinide/vocabulary.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace actinide {

struct Target;
namespace jit {
class DiskCache;
}

/// A parameter that is an argument of the kernel, and its value where the caller gives none.
struct KernelParameter {
  std::string name;
  double default_value;                                  ///< a number of f64 in a kernel of f64, else of f32
  double least = std::numeric_limits<double>::lowest();  ///< that a call may give
  double greatest = std::numeric_limits<double>::max();
  bool integral = false;   ///< a whole number
  std::string range = {};  ///< that in words, `k > 0`; empty: any finite number
};

/// What a tensor holds.
struct TensorLayout {
  DType dtype = DType::f32;
  Along along = Along::element;
  std::size_t parts = 1;    ///< a row holds so many times the columns (split)
  std::size_t members = 1;  ///< for each of n, so many elements (group)
};

/// The extents of a kernel's tensors. See `rows` and `channels`.
struct Extents {
  std::size_t outer, channels, inner;
};
/// How many elements a tensor has.
std::size_t elements(const TensorLayout &layout, const Extents &extents);

/// Of row and split kernels.
constexpr Extents rows(std::size_t rows, std::size_t columns) noexcept {
  return {rows, 1, columns};
}
/// Of per-channel kernels: element (o, c, i) lies at (o * channels + c) * inner + i.
constexpr Extents channels(std::size_t outer, std::size_t channels, std::size_t inner) noexcept {
  return {outer, channels, inner};
}

/// What a kernel takes, computes and gives.
struct KernelInfo {
  std::string name;  ///< `gelu_forward_f32`, as in an emitted library
  Pass pass = Pass::forward;
  DTypes dtypes = DType::f32;
  Tier tier = Tier::standard;
  std::vector<std::string> inputs;   ///< tensors, first in a call
  std::vector<std::string> outputs;  ///< tensors, after the inputs
  std::vector<KernelParameter> parameters;
  std::string formula;  ///< in the language of activations
  std::string target;   ///< that it was compiled for, `x86-64-v3`; for CUDA all of them, `cuda-sm90,cuda-sm80`
  ShapeClass shape = ShapeClass::element;
  std::vector<TensorLayout> layouts = {};  ///< of the inputs, then of the outputs
};

class Kernel;
class CudaKernel;

namespace detail {
struct CompiledKernel;
struct CompiledCudaKernel;
struct CallArguments;
/// Checks the arguments against the kernel's face and runs it. Throws UserError.
void call(const Kernel &kernel, const CallArguments &arguments);
void call(const Kernel &kernel, const Extents &extents, const CallArguments &arguments,
          const std::size_t *strides = nullptr);
void launch(const CudaKernel &kernel, void *stream, const CallArguments &arguments);
void launch(const CudaKernel &kernel, void *stream, const Extents &extents, const CallArguments &arguments,
            const std::size_t *strides = nullptr);
}  // namespace detail

/// A compiled kernel over untyped buffers. A cheap handle: copy it, share it between threads, keep it after its
/// Compiler.
class Kernel {
 public:
  const KernelInfo &info() const noexcept;

  /// Runs the kernel on `n` elements, on several threads if that pays. `buffers`: inputs, then outputs; an output may
  /// be exactly an input, but for sums over a channel. The caller's floating-point environment should be the default
  /// one (docs/accuracy.md). `parameters`: a value for each of info().parameters, a finite number of its parameters'
  /// type within its range (which nobody checks here), or null for the defaults. Returns an actinide_status; anything
  /// but ACTINIDE_OK means that nothing was written. Of a kernel of rows, channels or parts n says too little: that is
  /// ACTINIDE_INVALID_SIZE.
  [[nodiscard]] int run(void *const *buffers, std::size_t n, const double *parameters = nullptr) const noexcept;

  /// The same for a kernel of rows, channels or parts. `strides`: the distance of the rows of each buffer, in elements;
  /// null where all are dense. Rows and parts have one channel, else that is ACTINIDE_INVALID_SIZE. A kernel of
  /// elements or groups runs on as many as the extents' product and takes no strides.
  [[nodiscard]] int run(void *const *buffers, const Extents &extents, const std::size_t *strides = nullptr,
                        const double *parameters = nullptr) const noexcept;

 private:
  friend class Compiler;
  explicit Kernel(const detail::CompiledKernel &compiled) : compiled_(&compiled) {}
  const detail::CompiledKernel *compiled_;  ///< of the process: it stays until that ends
};

/// The same for CUDA devices, over untyped device memory. It holds PTX, which is loaded at the first launch in each
/// context. As cheap and as lasting a handle.
class CudaKernel {
 public:
  const KernelInfo &info() const noexcept;

  /// Queues the kernel on `stream`, a cudaStream_t or CUstream of the context that is current on the calling thread;
  /// null is the legacy default stream. It can be captured in a CUDA graph. `buffers` and `parameters` as in
  /// Kernel::run, the buffers in memory that the context's device can access, each aligned to its elements. Returns an
  /// actinide_status; anything but ACTINIDE_OK means that nothing was queued (with n > 2^30: perhaps a part).
  [[nodiscard]] int launch(void *stream, void *const *buffers, std::size_t n,
                           const double *parameters = nullptr) const noexcept;

  /// The same for a kernel of rows, channels or parts, as Kernel::run. A kernel of several outputs is a launch for each
  /// kind of them; of sums over everything, also memory of the stream's own.
  [[nodiscard]] int launch(void *stream, void *const *buffers, const Extents &extents,
                           const std::size_t *strides = nullptr, const double *parameters = nullptr) const noexcept;

 private:
  friend class Compiler;
  explicit CudaKernel(const detail::CompiledCudaKernel &compiled) : compiled_(&compiled) {}
  const detail::CompiledCudaKernel *compiled_;
};

namespace detail {
/// What typed handles have in common.
template <typename Untyped>
class Typed {
 public:
  const KernelInfo &info() const noexcept { return kernel_.info(); }
  /// The untyped kernel, whose calls return a status and never throw, and which takes strides where there are rows.
  const Untyped &kernel() const noexcept { return kernel_; }

 protected:
  explicit Typed(Untyped kernel) : kernel_(std::move(kernel)) {}
  Untyped kernel_;
};
}  // namespace detail

/// A compiled kernel over tensors of In, what belongs to the output (y, dy) of Out. As cheap and as lasting as the
/// Kernel that it wraps.
template <Element In, Element Out = In>
class Elementwise : public detail::Typed<Kernel> {
 public:
  /// kernel(inputs..., outputs..., parameters...) with spans or contiguous containers of equal length, or
  /// kernel(inputs..., outputs..., n, parameters...) with pointers to n elements each. Outputs have non-const elements
  /// and may be exactly an input. Parameters are numbers in the order of info().parameters; left out, they have their
  /// defaults. Throws UserError if the arguments don't fit the kernel, or a parameter isn't finite or outside its
  /// range; then nothing was written.
  template <typename... Args>
  requires(detail::Argument<Args, In, Out> &&...) void operator()(Args &&...args) const {
    detail::with_arguments<In, Out>(
        false, [&](const auto &arguments) { detail::call(kernel_, arguments); }, args...);
  }

 private:
  friend class Compiler;
  explicit Elementwise(Kernel kernel) : Typed(std::move(kernel)) {}
};

/// A compiled kernel whose tensors have shapes of their own: rows, channels, parts, groups, sums. As cheap and as
/// lasting as the Kernel that it wraps.
template <Element In, Element Out = In>
class Shaped : public detail::Typed<Kernel> {
 public:
  /// kernel(rows(2, 3), inputs..., outputs..., parameters...), or with channels(...) in the place of rows; kernels of
  /// elements or groups take the product of any extents as n. Tensors are dense spans or containers of as many elements
  /// as the kernel's layouts ask for, or pointers. Otherwise as Elementwise.
  template <typename... Args>
  requires(detail::Argument<Args, In, Out> &&...) void operator()(const Extents &extents, Args &&...args) const {
    detail::with_arguments<In, Out>(
        true, [&](const auto &arguments) { detail::call(kernel_, extents, arguments); }, args...);
  }

 private:
  friend class Compiler;
  explicit Shaped(Kernel kernel) : Typed(std::move(kernel)) {}
};

/// A compiled kernel over tensors in the memory of a CUDA device, with types as in Elementwise.
template <Element In, Element Out = In>
class CudaElementwise : public detail::Typed<CudaKernel> {
 public:
  /// launch(stream, inputs..., outputs..., n, parameters...) with pointers to n elements each: CudaKernel::launch, and
  /// Elementwise's way with parameters. Throws UserError if the arguments don't fit the kernel, and where there is no
  /// driver, no device or no context; then nothing was queued.
  template <typename... Args>
  requires(detail::DeviceArgument<Args, In, Out> &&...) void launch(void *stream, Args &&...args) const {
    detail::with_arguments<In, Out>(
        false, [&](const auto &arguments) { detail::launch(kernel_, stream, arguments); }, args...);
  }

 private:
  friend class Compiler;
  explicit CudaElementwise(CudaKernel kernel) : Typed(std::move(kernel)) {}
};

/// The same for tensors that have shapes of their own, as Shaped.
template <Element In, Element Out = In>
class CudaShaped : public detail::Typed<CudaKernel> {
 public:
  /// launch(stream, rows(2, 3), inputs..., outputs..., parameters...) with pointers. Otherwise as CudaElementwise.
  template <typename... Args>
  requires(detail::DeviceArgument<Args, In, Out> &&...) void launch(void *stream, const Extents &extents,
                                                                    Args &&...args) const {
    detail::with_arguments<In, Out>(
        true, [&](const auto &arguments) { detail::launch(kernel_, stream, extents, arguments); }, args...);
  }

 private:
  friend class Compiler;
  explicit CudaShaped(CudaKernel kernel) : Typed(std::move(kernel)) {}
};

struct CompilerOptions {
  /// A target that this CPU runs, such as `x86-64-v3`. Empty: the environment variable ACTINIDE_TARGET, or else the
  /// best one.
  std::string target = {};
  /// Kernels are kept on disk, too, for the next process: docs/jit.md.
  bool disk_cache = true;
  /// Where. Empty: the environment variable ACTINIDE_CACHE_DIR, or else `actinide` in the user's caches.
  std::string cache_directory = {};
  /// What they may take there.
  std::uint64_t cache_bytes = std::uint64_t{64} << 20;
};

struct KernelOptions {
  Tier tier = Tier::standard;
  /// Changes to the schedule that the kernel would have, such as `vectors=2,stream=0` (docs/schedules.md).
  std::string schedule = {};
};

/// Compiles kernels for this machine, its CPU and its CUDA devices. Thread-safe. Each kernel is compiled once in a
/// process, whichever Compiler asks for it; threads that ask for the same one wait for the first.
class Compiler {
 public:
  /// Throws UserError if the target is unknown or doesn't run here.
  explicit Compiler(const CompilerOptions &options = {});

  /// `activation`: a name (`gelu`), a name with bound parameters (`leaky_relu(slope=0.2)`), or a definition
  /// (`mine(x; a = 1) = x * tanh(a * x)`), or either in a form (`residual(gelu)`). In and Out are the same, or float
  /// and one of 16 bits. Throws UserError where the text is wrong.
  template <Element In, Element Out = In>
  Elementwise<In, Out> elementwise(std::string_view activation, Pass pass = Pass::forward,
                                   const KernelOptions &options = {}) const {
    return Elementwise<In, Out>(kernel(activation, pass, {dtype_of<In>, dtype_of<Out>}, options));
  }

  /// The same for kernels whose tensors have shapes of their own.
  template <Element In, Element Out = In>
  Shaped<In, Out> shaped(std::string_view activation, Pass pass = Pass::forward,
                         const KernelOptions &options = {}) const {
    return Shaped<In, Out>(kernel(activation, pass, {dtype_of<In>, dtype_of<Out>}, options));
  }

  /// The same, untyped, and of one dtype or a pair: `DTypes(DType::bf16, DType::f32)`.
  Kernel kernel(std::string_view activation, Pass pass, DTypes dtypes, const KernelOptions &options = {}) const;

  /// The kernel if this process has it or finds it on disk: in microseconds, and without compiling anything.
  std::optional<Kernel> find(std::string_view activation, Pass pass, DTypes dtypes,
                             const KernelOptions &options = {}) const;

  /// The same as elementwise, shaped and kernel, made by a thread of its own. A future that is let go waits for its
  /// kernel.
  template <Element In, Element Out = In>
  std::future<Elementwise<In, Out>> elementwise_async(std::string activation, Pass pass = Pass::forward,
                                                      const KernelOptions &options = {}) const {
    return in_background([=](const Compiler &self) { return self.elementwise<In, Out>(activation, pass, options); });
  }
  template <Element In, Element Out = In>
  std::future<Shaped<In, Out>> shaped_async(std::string activation, Pass pass = Pass::forward,
                                            const KernelOptions &options = {}) const {
    return in_background([=](const Compiler &self) { return self.shaped<In, Out>(activation, pass, options); });
  }
  std::future<Kernel> kernel_async(std::string activation, Pass pass, DTypes dtypes,
                                   const KernelOptions &options = {}) const {
    return in_background([=](const Compiler &self) { return self.kernel(activation, pass, dtypes, options); });
  }

  /// The same without exceptions.
  template <Element In, Element Out = In>
  Result<Elementwise<In, Out>> try_elementwise(std::string_view activation, Pass pass = Pass::forward,
                                               const KernelOptions &options = {}) const noexcept {
    return detail::caught([&] { return elementwise<In, Out>(activation, pass, options); });
  }
  template <Element In, Element Out = In>
  Result<Shaped<In, Out>> try_shaped(std::string_view activation, Pass pass = Pass::forward,
                                     const KernelOptions &options = {}) const noexcept {
    return detail::caught([&] { return shaped<In, Out>(activation, pass, options); });
  }
  Result<Kernel> try_kernel(std::string_view activation, Pass pass, DTypes dtypes,
                            const KernelOptions &options = {}) const noexcept {
    return detail::caught([&] { return kernel(activation, pass, dtypes, options); });
  }

  /// The same kernel for CUDA devices of every compute capability that there is a target for. Needs no driver and no
  /// device; launches do.
  template <Element In, Element Out = In>
  CudaElementwise<In, Out> cuda_elementwise(std::string_view activation, Pass pass = Pass::forward,
                                            const KernelOptions &options = {}) const {
    return CudaElementwise<In, Out>(cuda_kernel(activation, pass, {dtype_of<In>, dtype_of<Out>}, options));
  }
  template <Element In, Element Out = In>
  CudaShaped<In, Out> cuda_shaped(std::string_view activation, Pass pass = Pass::forward,
                                  const KernelOptions &options = {}) const {
    return CudaShaped<In, Out>(cuda_kernel(activation, pass, {dtype_of<In>, dtype_of<Out>}, options));
  }
  CudaKernel cuda_kernel(std::string_view activation, Pass pass, DTypes dtypes,
                         const KernelOptions &options = {}) const;

  /// The name of the CPU's target that kernels are compiled for.
  const std::string &target() const noexcept;

 private:
  template <typename Make>
  std::future<std::invoke_result_t<Make, const Compiler &>> in_background(Make make) const {
    return std::async(std::launch::async, [self = *this, make = std::move(make)] { return make(self); });
  }

  std::shared_ptr<const Target> target_;
  std::shared_ptr<jit::DiskCache> disk_;  ///< null: none
};

}  // namespace actinide
