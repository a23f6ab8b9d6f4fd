#include "aot/cuda.h"

#include "aot/functions.h"

#include <actinide/kernel.h>

#include <algorithm>
#include <cstddef>

namespace actinide::aot {
namespace {

class Launcher {
 public:
  explicit Launcher(const Plan &plan)
      : plan_(plan),
        object_(plan, plan.name + "_cuda", {"actinide_cuda_kernel_run", "actinide_cuda_shaped_kernel_run"}) {
    const ScalarTypes &types = object_.types;
    image_ = object_.structure("actinide_cuda_image",
                               {{types.i32, offsetof(actinide_cuda_image, compute_capability)},
                                {types.pointer, offsetof(actinide_cuda_image, ptx)}},
                               sizeof(actinide_cuda_image));
    entry_ = object_.structure("actinide_cuda_entry",
                               {{types.pointer, offsetof(actinide_cuda_entry, name)},
                                {types.i32, offsetof(actinide_cuda_entry, block_threads)},
                                {types.i32, offsetof(actinide_cuda_entry, thread_elements)},
                                {types.i32, offsetof(actinide_cuda_entry, alignment)},
                                {types.i32, offsetof(actinide_cuda_entry, part)},
                                {types.i8, offsetof(actinide_cuda_entry, inner_is_one)},
                                {types.i8, offsetof(actinide_cuda_entry, teams)}},
                               sizeof(actinide_cuda_entry));
    kernel_ = object_.structure(
        "actinide_cuda_kernel",
        {{types.i32, offsetof(actinide_cuda_kernel, abi)},
         {types.i8, offsetof(actinide_cuda_kernel, inputs)},
         {types.i8, offsetof(actinide_cuda_kernel, outputs)},
         {llvm::ArrayType::get(types.i8, ACTINIDE_MAX_BUFFERS), offsetof(actinide_cuda_kernel, element_bytes)},
         {llvm::ArrayType::get(types.i8, ACTINIDE_MAX_BUFFERS), offsetof(actinide_cuda_kernel, alignment)},
         {types.i16, offsetof(actinide_cuda_kernel, parameters)},
         {types.i32, offsetof(actinide_cuda_kernel, image_count)},
         {types.pointer, offsetof(actinide_cuda_kernel, images)},
         {types.i32, offsetof(actinide_cuda_kernel, entry_count)},
         {types.pointer, offsetof(actinide_cuda_kernel, entries)},
         {types.i32, offsetof(actinide_cuda_kernel, multiprocessor_blocks)},
         {types.i8, offsetof(actinide_cuda_kernel, shaped)},
         {types.i8, offsetof(actinide_cuda_kernel, sum_words)},
         {llvm::ArrayType::get(types.i8, sizeof(actinide_cuda_kernel::layouts)),
          offsetof(actinide_cuda_kernel, layouts)},
         {types.pointer, offsetof(actinide_cuda_kernel, loaded)}},
        sizeof(actinide_cuda_kernel));
  }

  void add(const PlannedKernel &kernel, const std::vector<std::string> &ptx) {
    llvm::Constant *described = descriptor(kernel, ptx);
    for (const Function &function : kernel.cuda_functions)
      object_.add(function, kernel.signature.dtypes.inputs, described);
  }

  std::vector<char> finish() { return object_.finish(); }

 private:
  llvm::Constant *images(const PlannedKernel &kernel, const std::vector<std::string> &ptx) {
    std::vector<llvm::Constant *> rows;
    for (std::size_t i = 0; i < plan_.cuda_targets.size(); ++i) {
      const auto capability = static_cast<std::uint64_t>(plan_.cuda_targets[i].compute_capability);
      rows.push_back(
          llvm::ConstantStruct::get(image_, {object_.integer(object_.types.i32, capability), object_.text(ptx[i])}));
    }
    return object_.table(image_, rows, kernel.cuda_functions[0].name + "__images");
  }

  llvm::Constant *entries(const PlannedKernel &kernel) {
    llvm::IntegerType *i32 = object_.types.i32;
    std::vector<llvm::Constant *> rows;
    for (const CudaEntry &entry : kernel.launch.entries)
      rows.push_back(llvm::ConstantStruct::get(
          entry_, {object_.text(entry.name), object_.integer(i32, entry.block_threads),
                   object_.integer(i32, entry.thread_elements), object_.integer(i32, entry.alignment),
                   object_.integer(i32, entry.part), object_.integer(object_.types.i8, entry.inner_is_one),
                   object_.integer(object_.types.i8, entry.teams)}));
    return object_.table(entry_, rows, kernel.cuda_functions[0].name + "__entries");
  }

  llvm::Constant *alignment(const KernelSignature &signature) {
    std::vector<std::uint8_t> bytes(ACTINIDE_MAX_BUFFERS, 1);
    std::ranges::transform(signature.buffers, bytes.begin(),
                           [](const KernelBuffer &buffer) { return static_cast<std::uint8_t>(size_of(buffer.dtype)); });
    return llvm::ConstantDataArray::get(object_.module().getContext(), bytes);
  }

  llvm::Constant *descriptor(const PlannedKernel &kernel, const std::vector<std::string> &ptx) {
    const ScalarTypes &types = object_.types;
    const KernelSignature &signature = kernel.signature;
    llvm::Constant *value = llvm::ConstantStruct::get(
        kernel_,
        {object_.integer(types.i32, ACTINIDE_KERNEL_ABI), object_.integer(types.i8, signature.inputs.size()),
         object_.integer(types.i8, signature.outputs.size()), object_.element_bytes(signature), alignment(signature),
         object_.integer(types.i16, signature.parameters.size()), object_.integer(types.i32, plan_.cuda_targets.size()),
         images(kernel, ptx), object_.integer(types.i32, kernel.launch.entries.size()), entries(kernel),
         object_.integer(types.i32, kernel.launch.multiprocessor_blocks()),
         object_.integer(types.i8, !kernel.cuda_functions[0].has_one_extent),
         object_.integer(types.i8, sum_words(signature)), object_.layouts(signature),
         llvm::ConstantPointerNull::get(types.pointer)});
    return object_.descriptor(value, kernel.cuda_functions[0].name + "__kernel");
  }

  const Plan &plan_;
  FunctionObject object_;
  llvm::StructType *image_, *entry_, *kernel_;
};

}  // namespace

std::vector<char> cuda_object(const Plan &plan, const std::vector<std::vector<std::string>> &ptx) {
  Launcher launcher(plan);
  for (std::size_t i = 0; i < plan.kernels.size(); ++i) launcher.add(plan.kernels[i], ptx[i]);
  return launcher.finish();
}

}  // namespace actinide::aot
