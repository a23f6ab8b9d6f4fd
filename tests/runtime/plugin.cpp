// A shared library that contains the runtime, as a host program's plug-in would.
#include "actinide/runtime.h"
#include "tests/runtime/fake_kernel.h"

/// Runs a kernel on four threads; 0 if every element is right.
extern "C" int run_in_parallel() {
  actinide_set_threads(4);
  actinide_kernel kernel = fake::affine_kernel(fake::costly);
  std::vector<float> x(50'000, 2), y(x.size());
  const double parameter = 1;
  void *buffers[] = {x.data(), y.data()};
  if (actinide_kernel_run(&kernel, buffers, x.size(), &parameter) != ACTINIDE_OK) return 1;
  for (const float value : y) {
    if (value != 7) return 2;
  }
  return 0;
}
