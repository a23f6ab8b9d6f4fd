// The PTX of every kernel of the table gives the CPU's bits, on any grid, whatever the order of its threads; ptxas,
// where there is one, keeps all of it in registers.
#include "tests/ptx/assembler.h"
#include "tests/ptx/support.h"

#include <gtest/gtest.h>

namespace actinide::ptx {
namespace {

constexpr std::uint64_t seed = 20;

/// `count` elements and a rest that doesn't fill a vector.
template <typename T>
void expect_the_bits_of_the_cpu(const KernelCase &request, const std::vector<Entry> &entries, std::size_t count) {
  const std::vector<double> parameters = defaults_of(request);
  const Tensors<T> inputs = random_inputs<T>(input_count(request), count + 3, seed);
  const Tensors<T> expected = expected_outputs(request, inputs, parameters);
  for (const Entry &entry : entries) {
    SCOPED_TRACE(entry.kernel.name);
    expect_same_bits(run(entry.kernel, inputs, expected.size(), parameters, {}), expected, inputs);
  }
}

/// One thread; several that take turns; one for each element of the longest; more than that.
constexpr Grid grids[] = {{1, 1}, {3, 7}, {1, 1003}, {9, 128}};
constexpr std::size_t lengths[] = {0, 1, 2, 3, 4, 5, 7, 1003};

template <typename T>
void expect_the_same_in_every_shape(const KernelCase &request, const Entry &entry, std::size_t misalignment) {
  const std::vector<double> parameters = defaults_of(request);
  const Tensors<T> inputs = random_inputs<T>(input_count(request), 1003, seed);
  const Tensors<T> expected = expected_outputs(request, inputs, parameters);
  std::vector<std::optional<std::size_t>> places{std::nullopt};
  for (std::size_t i = 0; i < inputs.size(); ++i) places.push_back(i);
  for (const Grid &grid : grids)
    for (std::size_t n : lengths)
      for (const auto &place : places) {
        SCOPED_TRACE(fmt::format("{}: {} blocks of {} threads, {} elements, in place of {}", entry.kernel.name,
                                 grid.blocks, grid.block_threads, n, place ? fmt::format("{}", *place) : "nothing"));
        const Tensors<T> some = first(inputs, n);
        const Arrangement arrangement{grid, misalignment, place, seed + n};
        expect_same_bits(run(entry.kernel, some, expected.size(), parameters, arrangement), first(expected, n), some);
      }
}

/// How many loads or stores of an entry take more elements than one, and how many bytes the widest takes.
struct Accesses {
  std::size_t all = 0, wide = 0, most_bytes = 0;
};
Accesses accesses(const Kernel &kernel, Kind kind) {
  Accesses found;
  for (const Step &step : kernel.steps) {
    if (step.kind != kind) continue;
    ++found.all;
    found.wide += step.count > 1;
    found.most_bytes = std::max<std::size_t>(found.most_bytes, step.bytes * step.count);
  }
  return found;
}

void expect_to_move_the_alignment_at_once(const KernelCase &request, const std::vector<Entry> &entries) {
  ASSERT_EQ(entries.size(), 2u);
  const bool many_small_tensors = size_of(request.dtype) == 2 && input_count(request) > 3;
  EXPECT_EQ(entries[0].alignment, many_small_tensors ? 8u : 16u);
  for (const Kind kind : {Kind::load, Kind::store}) {
    const Accesses aligned = accesses(entries[0].kernel, kind), any = accesses(entries[1].kernel, kind);
    const bool loads_nothing = kind == Kind::load && aligned.all == 0;  // a gradient that is 0 everywhere
    EXPECT_EQ(aligned.most_bytes, loads_nothing ? 0u : entries[0].alignment);
    EXPECT_EQ(any.wide, 0u);
  }
}

template <typename T>
void expect_the_same_in_every_shape(const KernelCase &request, const std::vector<Entry> &entries) {
  for (const Entry &entry : entries)
    expect_the_same_in_every_shape<T>(request, entry, entry.alignment == sizeof(T) ? sizeof(T) : 0);
  EXPECT_GE(entries.front().alignment, 8u);
  EXPECT_EQ(entries.back().alignment, sizeof(T));
}

class Kernels : public testing::TestWithParam<KernelCase> {};

std::vector<Entry> assembled_entries(const KernelCase &request, const Target &target) {
  EmittedModule module = emitted(request, target);
  std::vector<std::string> names;
  for (const Entry &entry : module.entries) names.push_back(entry.kernel.name);
  expect_everything_in_registers(module.ptx, target, names);
  return std::move(module.entries);
}

// All in one test: a kernel's PTX is made once for each target.
TEST_P(Kernels, GiveTheBitsOfTheCpuInEveryShape) {
  const KernelCase &request = GetParam();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  const bool most_used = request.dtype == DType::f32 && request.is_standard();
  with_element(request.dtype, [&]<typename T>(T) {
    SCOPED_TRACE("cuda-sm80");
    const std::vector<Entry> entries = assembled_entries(request, parse_target("cuda-sm80"));
    expect_the_bits_of_the_cpu<T>(request, entries, most_used ? 1 << 18 : 1 << 14);
    expect_the_same_in_every_shape<T>(request, entries);
  });
  with_element(request.dtype, [&]<typename T>(T) {
    SCOPED_TRACE("cuda-sm90");
    const std::vector<Entry> entries = assembled_entries(request, parse_target("cuda-sm90"));
    expect_the_bits_of_the_cpu<T>(request, entries, 1 << 12);
    expect_to_move_the_alignment_at_once(request, entries);
  });
}

INSTANTIATE_TEST_SUITE_P(Table, Kernels, testing::ValuesIn(cuda_cases()),
                         [](const auto &info) { return info.param.name(); });

}  // namespace
}  // namespace actinide::ptx
