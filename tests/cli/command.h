// Runs the `actinide` command as a user does.
#pragma once

#include <string>
#include <vector>

namespace actinide::testing_support {

struct Outcome {
  int status;  ///< of the exit; 128 + the signal if one ended it
  std::string out;
  std::string err;
};

/// Runs `actinide` with these arguments, no standard input, in the test's scratch folder.
Outcome run_actinide(const std::vector<std::string> &arguments);

/// A folder of this test program alone, empty at the start.
const std::string &scratch_folder();

}  // namespace actinide::testing_support
