// What division without a branch needs of a device (compiler/codegen/instructions.cpp): that its steps round 1 / b
// once. PTX promises a reciprocal within 1 ULP, from which they round every quotient; but where b is 2 - 2^-23 times a
// power of two, and the dividend a power of two, they need the nearest reciprocal.
#include "checks.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace actinide::gpu {
namespace {

/// q[i] = 1 / b[i], one element for each thread.
constexpr const char *ptx = R"(.version 7.0
.target sm_80
.address_size 64
.visible .entry reciprocals(
	.param .u64 reciprocals_b,
	.param .u64 reciprocals_q,
	.param .u32 reciprocals_n
)
{
	.reg .pred 	%p<2>;
	.reg .b32 	%r<6>;
	.reg .f32 	%f<12>;
	.reg .b64 	%rd<6>;

	ld.param.u64 	%rd1, [reciprocals_b];
	ld.param.u64 	%rd2, [reciprocals_q];
	ld.param.u32 	%r1, [reciprocals_n];
	mov.u32 	%r2, %ntid.x;
	mov.u32 	%r3, %ctaid.x;
	mov.u32 	%r4, %tid.x;
	mad.lo.s32 	%r5, %r3, %r2, %r4;
	setp.ge.s32 	%p1, %r5, %r1;
	@%p1 bra 	$L__END;
	mul.wide.s32 	%rd3, %r5, 4;
	add.s64 	%rd4, %rd1, %rd3;
	add.s64 	%rd5, %rd2, %rd3;
	ld.global.f32 	%f1, [%rd4];
	rcp.approx.ftz.f32 	%f2, %f1;
	neg.f32 	%f3, %f1;
	fma.rn.f32 	%f4, %f3, %f2, 0f3F800000;
	fma.rn.f32 	%f5, %f4, %f2, %f2;
	fma.rn.f32 	%f6, %f3, %f5, 0f3F800000;
	fma.rn.f32 	%f7, %f6, %f5, %f5;
	fma.rn.f32 	%f8, %f3, %f7, 0f3F800000;
	fma.rn.f32 	%f9, %f8, %f5, %f7;
	st.global.f32 	[%rd5], %f9;
$L__END:
	ret;
}
)";

class Function {
 public:
  Function() {
    check(driver().module_load(&module_, ptx), "loading PTX");
    check(driver().module_get_function(&function_, module_, "reciprocals"), "finding a function");
  }
  ~Function() { driver().module_unload(module_); }
  Function(const Function &) = delete;
  Function &operator=(const Function &) = delete;

  void launch(void *b, void *q, unsigned n) const {
    constexpr unsigned threads = 128;
    void *arguments[] = {&b, &q, &n};
    check(driver().launch(function_, (n + threads - 1) / threads, 1, 1, threads, 1, 1, 0, nullptr, arguments, nullptr),
          "launching a kernel");
    check(driver().stream_synchronize(nullptr), "waiting for a kernel");
  }

 private:
  cuda_module module_ = nullptr;
  cuda_function function_ = nullptr;
};

/// Of the interval [1, 2) the greatest `count` numbers, and the greatest of every other with a moderate reciprocal.
std::vector<float> divisors(std::size_t count) {
  std::vector<float> list;
  for (std::uint32_t i = 0; i < count; ++i) list.push_back(std::bit_cast<float>(0x3fffffff - i));
  for (int exponent = -100; exponent < 100; ++exponent) list.push_back(std::ldexp(0x1.fffffep0f, exponent));
  return list;
}

}  // namespace

Json check_reciprocals(std::size_t count) {
  const std::vector<float> b = divisors(std::min(count, std::size_t{1} << 23));
  const std::size_t bytes = b.size() * sizeof(float);
  Memory from(bytes), to(bytes);
  std::vector<unsigned char> content(bytes);
  std::memcpy(content.data(), b.data(), bytes);
  from.upload(content);
  Function().launch(from.at(), to.at(), static_cast<unsigned>(b.size()));
  content = to.download();
  std::vector<std::string> failures;
  for (std::size_t i = 0; i < b.size() && failures.size() < 20; ++i) {
    float found;
    std::memcpy(&found, &content[i * sizeof(float)], sizeof(float));
    if (found != 1 / b[i]) failures.push_back(fmt::format("1 / {:a} is {:a}, not {:a}", b[i], found, 1 / b[i]));
  }
  return {{"divisors", b.size()}, {"failures", failures}};
}

}  // namespace actinide::gpu
