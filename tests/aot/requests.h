// Library requests as the command line makes them.
#pragma once

#include "aot/library.h"

namespace actinide {

inline LibraryRequest library_request(const std::string &name, const std::vector<std::string> &activations,
                                      const std::vector<Pass> &passes, const std::vector<DTypes> &dtypes,
                                      const std::vector<std::string> &targets, Tier tier = Tier::standard) {
  LibraryRequest request{.name = name, .kernels = {}, .targets = {}};
  for (const std::string &activation : activations) {
    for (const Pass pass : passes) {
      for (const DTypes &types : dtypes) request.kernels.push_back(parse_kernel_request(activation, pass, types, tier));
    }
  }
  for (const std::string &target : targets) request.targets.push_back(parse_target(target));
  return request;
}

}  // namespace actinide
