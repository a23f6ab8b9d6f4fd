// What was timed in turns, and what is known of it.
#pragma once

#include "measure/tensors.h"
#include "measure/timing.h"
#include "vocabulary.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace actinide::speed {

/// A dtype and tier that is measured.
struct Variant {
  DType dtype;
  Tier tier;
  auto operator<=>(const Variant &) const = default;
};
inline constexpr Variant kStandard{DType::f32, Tier::standard}, kFaithful{DType::f32, Tier::faithful},
    kRelaxed{DType::f32, Tier::relaxed}, kExact{DType::f32, Tier::exact}, kHalf{DType::f16, Tier::standard},
    kBrain{DType::bf16, Tier::standard}, kDouble{DType::f64, Tier::standard};
inline constexpr Pass kPasses[] = {Pass::forward, Pass::backward};

/// `f32 standard`.
std::string to_string(const Variant &);

/// What the timing of our kernel is called, `f32 standard` or `f32 standard N(0,3)`; that of a copy of tensors whose
/// elements have so many bytes.
std::string name_of(const Variant &, Distribution = Distribution::normal);
std::string copy_name(std::size_t element_bytes);
/// Of 16 bits; its timing of f32 is called as the peer.
inline constexpr const char *kTorch = "torch";
std::string torch_name(DType);
std::string streaming_name(std::size_t element_bytes);

/// A row and a pass at one number of elements: everyone who does it, in turns.
struct Cell {
  std::string activation;
  Pass pass = Pass::forward;
  std::size_t n = 0;                    ///< of rows: their columns
  std::size_t elements = 0;             ///< in a call
  std::size_t inputs = 0, outputs = 0;  ///< of our kernel
  std::vector<Timing> timings = {};
  std::map<std::string, double> ulp = {};  ///< the largest error of those that were judged, by the name of their timing
  bool disturbed = false;                  ///< the copy stayed off the median of its group

  bool has(const std::string &name) const;
  const Timing &timing(const std::string &name) const;
  /// For an element.
  double nanoseconds(const std::string &name) const;
  /// The median of the ratios of the times in each round.
  double ratio(const std::string &one, const std::string &other) const;
  /// Our kernel's time to that of the faster copy of its bytes.
  double ratio_to_copy(const Variant &) const;
};

double geometric_mean(const std::vector<double> &values);

}  // namespace actinide::speed
