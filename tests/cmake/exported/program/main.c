#include <network_kernels.h>

float network(float x);

int main(void) {
  float x = 3, y = 0;
  if (network_kernels_gelu_forward_f32(&x, &y, 1) != 0) return 1;
  return y == network(3) && y > 2.99f && y < 3 ? 0 : 2;
}
