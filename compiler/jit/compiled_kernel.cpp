#include "jit/compiled_kernel.h"

#include "error.h"
#include "jit/build_identity.h"
#include "jit/default_floating_point.h"
#include "jit/once_cache.h"
#include "schedules/user_database.h"

#include <functional>

namespace actinide::detail {
namespace {

std::vector<double> default_values(const KernelInfo &info) {
  std::vector<double> values;
  for (const KernelParameter &parameter : info.parameters) values.push_back(parameter.default_value);
  return values;
}

// The request in one line. Together with the build of the compiler it decides every bit of the kernel's code.
std::string text_of(const jit::PackageRequest &request) {
  std::string text;
  text.reserve(request.activation.size() + request.target.size() + 64);
  text.append(request.target).append(" ").append(to_string(request.pass));
  text.append(" ").append(to_string(request.dtypes.inputs)).append(":").append(to_string(request.dtypes.outputs));
  text.append(" ").append(to_string(request.tier)).append(" ").append(request.schedule);
  text.append(" ").append(request.activation);
  return text;
}

// The kernels of this process.
template <typename Compiled, typename Package>
class Kernels {
 public:
  template <typename... Arguments>
  const Compiled &get(const jit::PackageRequest &request, jit::DiskCache *disk, const Arguments &...arguments) {
    const std::string text = text_of(request);
    return *by_text_.get(text, [&] {
      const jit::DefaultFloatingPoint while_compiling;
      std::optional<Package> package = stored(text, disk);
      const std::string identity = package ? package->identity : jit::compile_service().identity(request);
      const auto make = [&] {
        if (!package) {
          const std::string bytes = jit::compile_service().package(request);
          package = jit::from_bytes<Package>(bytes);
          internal_check(package.has_value(), "the package of {} can't be read", text);
          if (disk) disk->store(key_of(text), bytes);
        }
        return std::make_unique<const Compiled>(std::move(*package), arguments...);
      };
      return by_identity_.get(identity, make).get();
    });
  }

  /// Null where it would have to be compiled.
  template <typename... Arguments>
  const Compiled *find(const jit::PackageRequest &request, jit::DiskCache *disk, const Arguments &...arguments) {
    const std::string text = text_of(request);
    if (const Compiled *const *found = by_text_.find(text)) return *found;
    return stored(text, disk) ? &get(request, disk, arguments...) : nullptr;
  }

 private:
  // The user's tuned schedules change no bit of what a kernel computes, but its code.
  static std::string key_of(const std::string &text) {
    static const std::string schedules = std::to_string(std::hash<std::string>{}(user_database_text()));
    return std::string(jit::build_identity()) + '\n' + schedules + '\n' + text;
  }

  static std::optional<Package> stored(const std::string &text, const jit::DiskCache *disk) {
    const auto bytes = disk ? disk->find(key_of(text)) : std::nullopt;
    return bytes ? jit::from_bytes<Package>(*bytes) : std::nullopt;
  }

  jit::OnceCache<const Compiled *> by_text_;                     // the text as the caller gave it
  jit::OnceCache<std::unique_ptr<const Compiled>> by_identity_;  // other words may ask for the same
};

// Never destroyed: threads may still run kernels when the process exits.
struct Process {
  Kernels<CompiledKernel, jit::KernelPackage> kernels;
  Kernels<CompiledCudaKernel, jit::CudaKernelPackage> cuda_kernels;

  static Process &instance() {
    static auto *process = new Process;
    return *process;
  }
};

// What descriptors for CPUs and for CUDA have in common.
template <typename Descriptor>
void describe_buffers(Descriptor &descriptor, const KernelInfo &info) {
  descriptor.abi = ACTINIDE_KERNEL_ABI;
  descriptor.inputs = static_cast<std::uint8_t>(info.inputs.size());
  descriptor.outputs = static_cast<std::uint8_t>(info.outputs.size());
  for (std::size_t i = 0; i < info.layouts.size(); ++i) {
    const TensorLayout &layout = info.layouts[i];
    descriptor.element_bytes[i] = static_cast<std::uint8_t>(layout.members * size_of(layout.dtype));
    descriptor.layouts[i] = {.along = static_cast<std::uint8_t>(layout.along),
                             .parts = static_cast<std::uint8_t>(layout.parts)};
  }
  descriptor.parameters = static_cast<std::uint16_t>(info.parameters.size());
}

}  // namespace

CompiledKernel::CompiledKernel(jit::KernelPackage &&package, const Target &target)
    : info(std::move(package.info)),
      defaults(default_values(info)),
      code(package.code.bytes),
      name(code.function<const void *>(0), package.code.bytes.size(), info.name),
      variant{info.target.c_str(), target.cpu_features,
              code.function<actinide_kernel_function>(package.code.functions.at(0)),
              package.sum_words ? code.function<actinide_kernel_function>(package.code.functions.at(1)) : nullptr,
              package.stream_bytes},
      descriptor{} {
  describe_buffers(descriptor, info);
  for (std::size_t i = info.inputs.size(); i < info.layouts.size(); ++i)
    descriptor.gathers |= gathers_rows(info.layouts[i].along);
  descriptor.variant_count = 1;
  descriptor.variants = &variant;
  descriptor.cost = package.cost;
  descriptor.sum_words = package.sum_words;
  // The only variant runs here (the Compiler has seen to it): nothing is left to choose at the first call.
  descriptor.selected = variant.function;
  descriptor.selected_variant = &variant;
}

CompiledCudaKernel::CompiledCudaKernel(jit::CudaKernelPackage &&package)
    : info(std::move(package.info)),
      defaults(default_values(info)),
      descriptor{},
      ptx_(std::move(package.ptx)),
      entries_(std::move(package.entries)) {
  for (std::size_t i = 0; i < ptx_.size(); ++i)
    images_.push_back({package.compute_capabilities.at(i), ptx_[i].c_str()});
  for (const CudaEntry &entry : entries_)
    entry_table_.push_back({entry.name.c_str(), entry.block_threads, entry.thread_elements, entry.alignment, entry.part,
                            entry.inner_is_one, entry.teams});
  describe_buffers(descriptor, info);
  for (std::size_t i = 0; i < info.layouts.size(); ++i)
    descriptor.alignment[i] = static_cast<std::uint8_t>(size_of(info.layouts[i].dtype));
  descriptor.shaped = package.shaped;
  descriptor.sum_words = package.sum_words;
  descriptor.image_count = static_cast<std::uint32_t>(images_.size());
  descriptor.images = images_.data();
  descriptor.entry_count = static_cast<std::uint32_t>(entry_table_.size());
  descriptor.entries = entry_table_.data();
  descriptor.multiprocessor_blocks = package.multiprocessor_blocks;
}

const CompiledKernel &compiled_kernel(const jit::PackageRequest &request, const Target &target, jit::DiskCache *disk) {
  return Process::instance().kernels.get(request, disk, target);
}

const CompiledKernel *find_kernel(const jit::PackageRequest &request, const Target &target, jit::DiskCache *disk) {
  return Process::instance().kernels.find(request, disk, target);
}

const CompiledCudaKernel &compiled_cuda_kernel(const jit::PackageRequest &request, jit::DiskCache *disk) {
  return Process::instance().cuda_kernels.get(request, disk);
}

}  // namespace actinide::detail
