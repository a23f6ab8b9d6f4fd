// Highway: the functions of its contrib/math, inlined into the loop, and activations made of them. It has no erf,
// and its log is one of positive numbers only.
#include "peers/compositions.h"

#include <hwy/contrib/math/math-inl.h>

namespace actinide::peers {
namespace {

namespace highway = hwy::HWY_NAMESPACE;

// Those of the vectors that this is compiled for.
template <typename Vector>
struct Highway : Vector {
  using V = typename Vector::V;
  using Tag = highway::ScalableTag<typename Vector::T>;
  using Lanes = highway::Vec<Tag>;
  static_assert(sizeof(Lanes) == sizeof(V), "Highway was told of other instructions");

  static V exp(V x) { return highway::Exp(Tag(), Lanes{x}).raw; }
  static V expm1(V x) { return highway::Expm1(Tag(), Lanes{x}).raw; }
  static V log1p(V x) { return highway::Log1p(Tag(), Lanes{x}).raw; }
  static V sin(V x) { return highway::Sin(Tag(), Lanes{x}).raw; }
  static V tanh(V x) { return highway::Tanh(Tag(), Lanes{x}).raw; }
};

}  // namespace
}  // namespace actinide::peers

const actinide::peers::Peer *actinide_peer(const actinide::peers::Setup &setup) {
  using namespace actinide::peers;
  static const Peer peer{ACTINIDE_VERSION_TEXT(HWY_MAJOR, HWY_MINOR, HWY_PATCH),
                         start_composition<Highway<F32Vector>, Highway<F64Vector>>};
  return setup.threads == 1 ? &peer : nullptr;
}
