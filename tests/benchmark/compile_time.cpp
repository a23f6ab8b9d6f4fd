#include "tests/benchmark/compile_time.h"

#include "passes.h"

namespace actinide::speed {
namespace {

bench::CompileRequest request_of(const Activation &row, Pass pass, const Variant &variant) {
  return {.activation = std::string(row.name), .pass = pass, .dtypes = variant.dtype, .tier = variant.tier};
}

}  // namespace

Compilation first_compilation() {
  const Activation &row = all_activations().front();
  return {&row, Pass::forward, kAnalysed[0],
          bench::compile_time(request_of(row, Pass::forward, kAnalysed[0]), host_target())};
}

std::vector<Compilation> compilations(std::span<const Activation *const> rows) {
  std::vector<Compilation> all;
  for (const Variant &variant : kAnalysed)
    for (const Pass pass : all_passes())
      for (const Activation *row : rows)
        if (!reason_undefined(*row, pass))
          all.push_back(
              {row, pass, variant, bench::middle_compile_time(request_of(*row, pass, variant), host_target())});
  return all;
}

}  // namespace actinide::speed
