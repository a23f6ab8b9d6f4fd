// The C API, over the C++ one.
#include "actinide/jit_c.h"

#include "actinide/jit.h"

#include <string>
#include <utility>
#include <vector>

struct actinide_jit_compiler {
  actinide::Compiler compiler;
};
struct actinide_jit_kernel {
  actinide::Kernel kernel;
};

namespace actinide {
namespace {

std::string &last_error() {
  thread_local std::string text;
  return text;
}

// What `make` gives, in a new Handle; null, with the error kept, where it throws.
template <typename Handle, typename Make>
Handle *created(Make make) noexcept {
  auto result = detail::caught([&] { return new Handle{make()}; });
  if (result) return *result;
  last_error() = result.error().message;
  return nullptr;
}

const char *text_at(const std::vector<std::string> &texts, std::size_t index) {
  return index < texts.size() ? texts[index].c_str() : nullptr;
}

}  // namespace
}  // namespace actinide

using namespace actinide;

const char *actinide_jit_last_error(void) {
  return last_error().c_str();
}

actinide_jit_compiler *actinide_jit_compiler_create(const char *target) {
  return created<actinide_jit_compiler>([&] { return Compiler({.target = target ? target : ""}); });
}

void actinide_jit_compiler_destroy(actinide_jit_compiler *compiler) {
  delete compiler;
}

actinide_jit_kernel *actinide_jit_compile(const actinide_jit_compiler *compiler, const char *activation,
                                          const char *pass, const char *dtypes, const char *tier) {
  return created<actinide_jit_kernel>([&] {
    if (!compiler || !activation) throw UserError("actinide_jit_compile: the compiler or the activation is null");
    return compiler->compiler.kernel(activation, pass ? parse_pass(pass) : Pass::forward,
                                     dtypes ? parse_dtypes(dtypes) : DTypes(DType::f32),
                                     {.tier = tier ? parse_tier(tier) : Tier::standard});
  });
}

void actinide_jit_kernel_destroy(actinide_jit_kernel *kernel) {
  delete kernel;
}

int actinide_jit_run(const actinide_jit_kernel *kernel, void *const *buffers, size_t n, const double *parameters) {
  if (kernel == nullptr || buffers == nullptr) return ACTINIDE_NULL_POINTER;
  return kernel->kernel.run(buffers, n, parameters);
}

int actinide_jit_run_shaped(const actinide_jit_kernel *kernel, void *const *buffers, size_t outer, size_t channels,
                            size_t inner, const size_t *strides, const double *parameters) {
  if (kernel == nullptr || buffers == nullptr) return ACTINIDE_NULL_POINTER;
  return kernel->kernel.run(buffers, Extents{outer, channels, inner}, strides, parameters);
}

const char *actinide_jit_kernel_name(const actinide_jit_kernel *kernel) {
  return kernel ? kernel->kernel.info().name.c_str() : nullptr;
}
const char *actinide_jit_kernel_formula(const actinide_jit_kernel *kernel) {
  return kernel ? kernel->kernel.info().formula.c_str() : nullptr;
}
const char *actinide_jit_kernel_input(const actinide_jit_kernel *kernel, size_t index) {
  return kernel ? text_at(kernel->kernel.info().inputs, index) : nullptr;
}
const char *actinide_jit_kernel_output(const actinide_jit_kernel *kernel, size_t index) {
  return kernel ? text_at(kernel->kernel.info().outputs, index) : nullptr;
}
const char *actinide_jit_kernel_parameter(const actinide_jit_kernel *kernel, size_t index) {
  if (kernel == nullptr) return nullptr;
  const auto &parameters = kernel->kernel.info().parameters;
  return index < parameters.size() ? parameters[index].name.c_str() : nullptr;
}
