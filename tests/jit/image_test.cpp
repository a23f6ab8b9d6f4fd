// Images are made for every CPU target, and depend on no place: make_image itself refuses what does.
#include "codegen/image.h"
#include "codegen/module.h"
#include "error.h"
#include "pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace actinide {
namespace {

class Images : public testing::TestWithParam<Target> {};

TEST_P(Images, OfAllShapes) {
  for (const auto &[activation, pass] :
       {std::pair("gelu", Pass::forward), std::pair("softmax", Pass::backward),
        std::pair("prelu", Pass::parameter_gradient), std::pair("gelu_tanh", Pass::forward)})
    for (const DType dtype : {DType::f32, DType::f64, DType::bf16}) {
      const KernelRequest request = parse_kernel_request(activation, pass, dtype, Tier::standard);
      Module module(GetParam(), "kernel");
      compile_kernel(request, GetParam(), module, "kernel");
      module.optimize();
      const std::vector<char> object = module.object();
      const CodeImage image = make_image(object, {"kernel"});
      ASSERT_EQ(image.functions.size(), 1u);
      EXPECT_LT(image.functions[0], image.bytes.size()) << activation;
      EXPECT_THROW(make_image(object, {"another"}), InternalError);
    }
}

std::vector<Target> cpu_targets() {
  std::vector<Target> targets;
  std::ranges::copy_if(all_targets(), std::back_inserter(targets),
                       [](const Target &target) { return !target.is_cuda(); });
  return targets;
}

INSTANTIATE_TEST_SUITE_P(Targets, Images, testing::ValuesIn(cpu_targets()), [](const auto &test) {
  std::string name = test.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace actinide
