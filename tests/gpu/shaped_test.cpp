// Kernels of rows, channels, parts, groups and sums give the CPU's bits on a device, through the whole path: Compiler,
// runtime, driver, PTX. The device is the simulated one.
#include "actinide/jit.h"
#include "element.h"
#include "tests/gpu/suite/device.h"
#include "tests/kernels/kernel_case.h"
#include "tests/kernels/shaped_cases.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace actinide::gpu {
namespace {

using testing_support::ShapedCase;

std::vector<Extents> sizes_for(const KernelInfo &info) {
  switch (info.shape) {
    case ShapeClass::element:
    case ShapeClass::group:
      return {rows(1, 0), rows(1, 1), rows(1, 33), rows(1, 4099), rows(1, 9001)};
    case ShapeClass::split:
    case ShapeClass::row:
      return {rows(0, 5),  rows(3, 0),  rows(1, 1),  rows(5, 31),   rows(4, 32),
              rows(3, 33), rows(37, 8), rows(2, 64), rows(2, 1030), rows(130, 4)};
    case ShapeClass::channel:
      return {channels(0, 3, 4),  channels(2, 0, 4),  channels(2, 3, 0),   channels(1, 1, 1),   channels(3, 37, 5),
              channels(9, 64, 1), channels(5, 35, 1), channels(2, 3, 128), channels(40, 2, 33), channels(3, 4, 8)};
  }
  return {};
}

/// How a call lies in memory.
struct Place {
  std::size_t shift = 0;  ///< elements by which every buffer misses alignment
  std::size_t gap = 0;    ///< elements between rows
  bool in_place = false;  ///< the first output is the last input, where they are alike
};

/// The tensors of one call, on both sides.
class Call {
 public:
  Call(const Kernel &cpu, const CudaKernel &cuda, const Extents &extents, const Place &place)
      : cpu_(cpu), cuda_(cuda), info_(cpu.info()), extents_(extents), place_(place) {
    std::mt19937 random(7);
    std::normal_distribution<double> normal(0, 2);
    for (std::size_t i = 0; i < info_.layouts.size(); ++i) {
      const TensorLayout &layout = info_.layouts[i];
      strides_.push_back(extents.channels * extents.inner * layout.parts + place.gap);
      const std::size_t gaps = layout.along == Along::element && extents.outer > 0 ? place.gap * extents.outer : 0;
      const std::size_t count = elements(layout, extents) + gaps + place.shift;
      host_.emplace_back(count * size_of(layout.dtype), 0xA5);
      for (std::size_t k = 0; k < count && i < info_.inputs.size(); ++k)
        with_element(layout.dtype, [&]<typename T>(T) {
          const T value = static_cast<T>(k % 97 == 96 ? 60 : normal(random));
          std::memcpy(&host_.back()[k * sizeof(T)], &value, sizeof(T));
        });
      device_.push_back(std::make_unique<Memory>(std::max<std::size_t>(host_.back().size(), 1)));
    }
  }

  bool can_be_in_place() const {
    const TensorLayout &in = info_.layouts[info_.inputs.size() - 1], &out = info_.layouts[info_.inputs.size()];
    const bool is_sum_of_channel = out.along == Along::channel;
    return !is_sum_of_channel && in.dtype == out.dtype && in.along == out.along && in.parts == out.parts &&
           in.members == out.members;
  }

  void expect_the_same() {
    std::vector<void *> on_host, on_device;
    for (std::size_t i = 0; i < host_.size(); ++i) {
      device_[i]->upload(host_[i]);
      const std::size_t begin = place_.shift * size_of(info_.layouts[i].dtype);
      on_host.push_back(host_[i].data() + begin);
      on_device.push_back(device_[i]->at(begin));
    }
    const std::size_t last = info_.inputs.size() - 1;
    if (place_.in_place) {
      on_host[last + 1] = on_host[last];
      on_device[last + 1] = on_device[last];
    }
    const bool one_extent = has_one_extent(info_.shape);
    const std::size_t *strides = info_.shape == ShapeClass::row ? strides_.data() : nullptr;
    ASSERT_EQ(one_extent ? cpu_.run(on_host.data(), extents_.inner) : cpu_.run(on_host.data(), extents_, strides),
              ACTINIDE_OK);
    const Stream stream;
    int status = -1;
    stream.run_captured([&] {
      status = one_extent ? cuda_.launch(stream.handle(), on_device.data(), extents_.inner)
                          : cuda_.launch(stream.handle(), on_device.data(), extents_, strides);
    });
    ASSERT_STREQ(actinide_status_string(status), actinide_status_string(ACTINIDE_OK));
    for (std::size_t i = 0; i < host_.size(); ++i) compare(i);
  }

 private:
  void compare(std::size_t i) const {
    const std::vector<unsigned char> found = device_[i]->download();
    with_element(info_.layouts[i].dtype, [&]<typename T>(T) {
      for (std::size_t k = 0; k + sizeof(T) <= host_[i].size(); k += sizeof(T)) {
        T is, should_be;
        std::memcpy(&is, &found[k], sizeof(T));
        std::memcpy(&should_be, &host_[i][k], sizeof(T));
        ASSERT_EQ(testing_support::bits(is), testing_support::bits(should_be))
            << "tensor " << i << ", element " << k / sizeof(T) << ": " << double(is) << " for " << double(should_be);
      }
    });
  }

  const Kernel &cpu_;
  const CudaKernel &cuda_;
  const KernelInfo &info_;
  const Extents extents_;
  const Place place_;
  std::vector<std::size_t> strides_;
  std::vector<std::vector<unsigned char>> host_;
  std::vector<std::unique_ptr<Memory>> device_;
};

class Shaped : public testing::TestWithParam<ShapedCase> {};

void expect_the_bits_of_the_cpu(const ShapedCase &request, const std::string &schedule) {
  const Device device;
  const Compiler compiler({.disk_cache = false});
  const Kernel cpu = compiler.kernel(request.activation, request.pass, request.dtypes);
  const CudaKernel cuda =
      compiler.cuda_kernel(request.activation, request.pass, request.dtypes, {.schedule = schedule});
  const bool strided = cpu.info().shape == ShapeClass::row;
  for (const Extents &extents : sizes_for(cpu.info()))
    for (const Place &place : {Place{}, Place{.shift = 1}, Place{.gap = 4}, Place{.gap = 3}, Place{.in_place = true}}) {
      if (place.gap > 0 && !strided) continue;
      SCOPED_TRACE(fmt::format("{} x {} x {}, shift {}, gap {}, in place {}", extents.outer, extents.channels,
                               extents.inner, place.shift, place.gap, place.in_place));
      Call call(cpu, cuda, extents, place);
      if (place.in_place && !call.can_be_in_place()) continue;
      ASSERT_NO_FATAL_FAILURE(call.expect_the_same());
      if (testing::Test::HasFailure()) return;
    }
}

TEST_P(Shaped, GivesTheBitsOfTheCpu) {
  if (!host_target().has_fma) GTEST_SKIP() << "this CPU has no fma, and so perhaps other bits";
  expect_the_bits_of_the_cpu(GetParam(), "");
}

/// Whatever the schedule: more elements at once, few blocks that walk and load ahead, blocks of other sizes.
TEST(ShapedSchedules, ChangeNoBit) {
  if (!host_target().has_fma) GTEST_SKIP() << "this CPU has no fma, and so perhaps other bits";
  for (const char *schedule : {"vectors=2,multiprocessor_blocks=1,block_threads=32", "vectors=3,block_threads=96"})
    for (const auto &[activation, pass] :
         {std::pair("softmax", Pass::backward), std::pair("prelu", Pass::backward), std::pair("crelu", Pass::forward),
          std::pair("packed(swiglu)", Pass::backward), std::pair("swish", Pass::parameter_gradient)}) {
      SCOPED_TRACE(fmt::format("{} {}, {}", activation, to_string(pass), schedule));
      expect_the_bits_of_the_cpu({activation, pass, DType::f32}, schedule);
    }
}

INSTANTIATE_TEST_SUITE_P(Gpu, Shaped, testing::ValuesIn(testing_support::shaped_cases()),
                         [](const auto &info) { return info.param.name(); });

}  // namespace
}  // namespace actinide::gpu
