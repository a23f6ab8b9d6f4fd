#include "driver.h"

#include <dlfcn.h>

namespace actinide::gpu {
namespace {

Driver open_driver() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw NoGpu("no CUDA driver: libcuda.so.1 can't be opened");
  Driver driver{};
#define GPU_FIND(field, symbol, parameters)                                        \
  driver.field = reinterpret_cast<decltype(driver.field)>(dlsym(library, symbol)); \
  if (driver.field == nullptr) throw NoGpu("the CUDA driver is too old: it lacks " symbol);
  GPU_FUNCTIONS(GPU_FIND)
#undef GPU_FIND
  int devices = 0;
  if (driver.init(0) != CUDA_OK || driver.device_get_count(&devices) != CUDA_OK || devices == 0)
    throw NoGpu("no CUDA device, or the CUDA driver can't be initialised");
  return driver;
}

}  // namespace

const Driver &driver() {
  static const Driver opened = open_driver();
  return opened;
}

void check(cuda_result result, const char *what) {
  if (result == CUDA_OK) return;
  const char *name = nullptr;
  driver().get_error_name(result, &name);
  throw std::runtime_error(fmt::format("{}: {}", what, name ? name : std::to_string(result)));
}

}  // namespace actinide::gpu
