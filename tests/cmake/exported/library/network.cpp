#include <network_kernels.h>

extern "C" float network(float x) {
  return network_kernels_gelu_forward_f32(&x, &x, 1) == 0 ? x : -1;
}
