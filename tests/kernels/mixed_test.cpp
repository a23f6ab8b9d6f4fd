// Kernels whose inputs and outputs are of different dtypes: to the bit the f32 kernel, its tensors of 16 bits widened
// before and rounded after it.
#include "expression/reference.h"
#include "tests/kernels/kernel_case.h"

#include <gtest/gtest.h>

#include <cfloat>

namespace actinide::testing_support {
namespace {

using Bytes = std::vector<std::byte>;

/// Numbers as elements of the dtype, rounded to nearest.
Bytes stored(const std::vector<float> &numbers, DType dtype) {
  Bytes bytes(numbers.size() * size_of(dtype));
  with_element(dtype, [&]<typename T>(T) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const T element = static_cast<T>(numbers[i]);
      std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
    }
  });
  return bytes;
}

/// Any element's points, as numbers.
std::vector<float> numbers_of(DType dtype, std::size_t count, std::uint64_t seed) {
  return with_element(dtype, [&]<typename T>(T) {
    std::vector<float> numbers;
    for (T value : points<T>(count, seed)) numbers.push_back(static_cast<float>(value));
    return numbers;
  });
}

/// The bits of element i; every NaN the same.
std::uint64_t bits_at(const Bytes &bytes, DType dtype, std::size_t i) {
  return with_element(dtype, [&]<typename T>(T) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    return bits(element);
  });
}

int run(const Kernel &kernel, std::vector<Bytes> &tensors, const Extents &extents) {
  std::vector<void *> buffers;
  for (Bytes &tensor : tensors) buffers.push_back(tensor.data());
  return has_one_extent(kernel.info().shape) ? kernel.run(buffers.data(), extents.inner)
                                             : kernel.run(buffers.data(), extents);
}

/// Runs both on the same numbers.
void expect_bits_of_f32(const std::string &activation, Pass pass, DTypes dtypes, const Extents &extents,
                        Tier tier = Tier::standard) {
  const Kernel mixed = compiler().kernel(activation, pass, dtypes, {.tier = tier});
  const Kernel plain = compiler().kernel(activation, pass, DType::f32, {.tier = tier});
  const KernelInfo &info = mixed.info();
  std::vector<Bytes> tensors, expected;
  for (std::size_t i = 0; i < info.layouts.size(); ++i) {
    const TensorLayout &layout = info.layouts[i];
    std::vector<float> numbers(elements(layout, extents), 7);
    if (i < info.inputs.size()) numbers = numbers_of(layout.dtype, numbers.size(), 100 + i);
    if (i == 0) std::rotate(numbers.begin(), numbers.begin() + static_cast<long>(numbers.size() / 3), numbers.end());
    tensors.push_back(stored(numbers, layout.dtype));
    expected.push_back(stored(numbers, DType::f32));
  }
  ASSERT_EQ(run(mixed, tensors, extents), 0) << info.name;
  ASSERT_EQ(run(plain, expected, extents), 0);
  for (std::size_t k = info.inputs.size(); k < tensors.size(); ++k) {
    std::vector<float> numbers(expected[k].size() / sizeof(float));
    std::memcpy(numbers.data(), expected[k].data(), expected[k].size());
    const DType dtype = info.layouts[k].dtype;
    const Bytes rounded = stored(numbers, dtype);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      ASSERT_EQ(bits_at(tensors[k], dtype, i), bits_at(rounded, dtype, i))
          << info.name << ", output " << k - info.inputs.size() << ", element " << i << " of " << numbers.size();
  }
}

struct MixedCase {
  std::string activation;
  Pass pass;
  DTypes dtypes;
};

/// Forward and backward of every row in every pair; other passes, which add no way of storing, in one.
std::vector<MixedCase> cases() {
  std::vector<MixedCase> list;
  for (const Activation &row : all_activations())
    for (Pass pass : all_passes()) {
      if (row.shape != ShapeClass::element || reason_undefined(row, pass)) continue;
      const bool all = pass == Pass::forward || pass == Pass::backward;
      for (DTypes dtypes : mixed_dtypes().first(all ? mixed_dtypes().size() : 1))
        list.push_back({std::string(row.name), pass, dtypes});
    }
  return list;
}

class Mixed : public testing::TestWithParam<MixedCase> {};

INSTANTIATE_TEST_SUITE_P(Table, Mixed, testing::ValuesIn(cases()), [](const auto &info) {
  std::string name =
      info.param.activation + "_" + std::string(to_string(info.param.pass)) + "_" + to_string(info.param.dtypes);
  std::ranges::replace(name, ':', '_');
  return name;
});

TEST_P(Mixed, AreTheF32KernelBetweenOtherTensors) {
  const MixedCase &c = GetParam();
  for (std::size_t n : {0, 1, 7, 33, 1003}) expect_bits_of_f32(c.activation, c.pass, c.dtypes, {1, 1, n});
}

TEST(MixedShapes, AreTheF32KernelBetweenOtherTensors) {
  for (DTypes dtypes : mixed_dtypes())
    for (Pass pass : {Pass::forward, Pass::backward}) {
      for (const char *text : {"softmax", "log_softmax", "crelu", "packed(swiglu)", "packed(gated(mish))"})
        expect_bits_of_f32(text, pass, dtypes, rows(7, 33));
      for (const char *text : {"prelu", "biased(gelu)", "residual(biased(silu))"})
        for (const Extents &extents : {channels(5, 3, 9), channels(9, 37, 1)})
          expect_bits_of_f32(text, pass, dtypes, extents);
      for (const char *text : {"maxout(k=3)", "residual(elu)", "gated(mish)", "mine(x; a = 2) = x * tanh(a * x)"})
        expect_bits_of_f32(text, pass, dtypes, {1, 1, 77});
      expect_bits_of_f32("gelu", pass, dtypes, {1, 1, 1003}, Tier::faithful);
    }
}

/// What the contract promises of the result's dtype; plain f32 may flush what is subnormal there.
TEST(MixedAccuracy, KeepsTheBoundOfTheResult) {
  std::size_t measured = 0;
  for (const MixedCase &c : cases()) {
    if (c.pass != Pass::forward) continue;
    const KernelRequest request = parse_kernel_request(c.activation, c.pass, c.dtypes, Tier::standard);
    const Kernel kernel = compiler().kernel(c.activation, c.pass, c.dtypes);
    std::vector<std::string> variables = request.definition.inputs;
    std::vector<Bytes> tensors;
    std::vector<std::vector<float>> numbers;
    for (std::size_t i = 0; i < variables.size(); ++i) {
      numbers.push_back(numbers_of(c.dtypes.inputs, 300, 7 + i));
      if (i > 0) std::fill(numbers.back().begin(), numbers.back().end(), 1.0F);
      tensors.push_back(stored(numbers.back(), c.dtypes.inputs));
    }
    tensors.emplace_back(300 * size_of(c.dtypes.outputs));
    ASSERT_EQ(run(kernel, tensors, {1, 1, 300}), 0);
    std::vector<double> point(variables.size());
    for (const KernelParameter &parameter : kernel.info().parameters) {
      variables.push_back(parameter.name);
      point.push_back(parameter.default_value);
    }
    const Reference reference(request.definition.body, variables);
    for (std::size_t i = 0; i < 300; ++i) {
      for (std::size_t k = 0; k < numbers.size(); ++k) point[k] = numbers[k][i];
      const double exact = reference.rounded(point, DType::f64);
      if (!std::isfinite(point[0]) || std::abs(exact) < FLT_MIN) continue;
      const double y = with_element(c.dtypes.outputs, [&]<typename T>(T) {
        T element;
        std::memcpy(&element, tensors.back().data() + i * sizeof(T), sizeof(T));
        return static_cast<double>(element);
      });
      ASSERT_LE(reference.ulp_error(y, point, c.dtypes.outputs), *bound_of(request))
          << kernel.info().name << " at " << point[0];
      ++measured;
    }
  }
  EXPECT_GE(measured, 10'000u);
}

TEST(MixedKernels, NameTheirTypesAndRefuseOverlapOfOthers) {
  const Kernel kernel = compiler().kernel("gelu", Pass::backward, {DType::bf16, DType::f32});
  EXPECT_EQ(kernel.info().name, "gelu_backward_bf16_f32");
  std::vector<DType> dtypes;
  for (const TensorLayout &layout : kernel.info().layouts) dtypes.push_back(layout.dtype);
  EXPECT_EQ(dtypes, (std::vector<DType>{DType::f32, DType::bf16, DType::bf16})) << "dy, x, dx";
  std::vector<float> dy(8, 1);
  Bytes x = stored(std::vector<float>(8, 0.5F), DType::bf16);
  void *onto_x[] = {dy.data(), x.data(), x.data()}, *onto_dy[] = {dy.data(), x.data(), dy.data()};
  EXPECT_EQ(kernel.run(onto_dy, 8), ACTINIDE_OVERLAP);
  EXPECT_EQ(kernel.run(onto_x, 8), ACTINIDE_OK);
  const Kernel sums = compiler().kernel("swish", Pass::parameter_gradient, {DType::bf16, DType::f32});
  EXPECT_EQ(sums.info().layouts.back().dtype, DType::f32) << "as the parameter";
}

}  // namespace
}  // namespace actinide::testing_support
