// A host program: compiles just in time and runs.
#include <actinide/jit.h>

#include <cstdio>

int main() {
  try {
    float x = 3, y = 0;
    actinide::Compiler().elementwise<float>("f(x) = x * x + 1")(&x, &y, 1);
    return y == 10 ? 0 : 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
