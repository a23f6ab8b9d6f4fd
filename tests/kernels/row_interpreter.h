// A row by the steps of its kernel, without Halide and LLVM.
#pragma once

#include "approximation/program.h"
#include "lowering/kernel.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace actinide::testing_support {

/// One row by a kernel's steps, in the lanes and halves that lowering/body.h states: every buffer holds one.
class RowInterpreter {
 public:
  RowInterpreter(const NumericKernel &kernel, std::vector<std::vector<double>> &buffers, std::size_t columns)
      : kernel_(kernel), buffers_(buffers), columns_(columns) {
    for (const Step &step : kernel.steps) run(step);
  }

 private:
  void run(const Step &step) {
    if (step.kind == Step::Kind::reduce) {
      reduce(step);
    } else if (step.kind == Step::Kind::derive) {
      keep(step.program, interpret(step.program, inputs_of(step.program, 0), {}));
    } else {
      const View &view = *std::ranges::find(kernel_.outputs, step.program.outputs.at(0).name, &View::name);
      for (std::size_t i = 0; i < (step.along == Along::element ? columns_ : 1); ++i)
        buffers_[view.buffer][i] = interpret(step.program, inputs_of(step.program, i), {}).at(0);
    }
  }

  void reduce(const Step &step) {
    constexpr std::size_t count = 32;
    std::vector<std::vector<double>> lanes(count, step.initial);
    for (std::size_t i = 0; i < columns_; ++i) {
      keep(step.program, lanes[i % count]);
      lanes[i % count] = interpret(step.program, inputs_of(step.program, i), {});
    }
    for (std::size_t half = count / 2; half >= 1; half /= 2)
      for (std::size_t lane = 0; lane < half; ++lane) {
        std::vector<double> both = lanes[lane];
        both.insert(both.end(), lanes[lane + half].begin(), lanes[lane + half].end());
        lanes[lane] = interpret(step.merge, both, {});
      }
    keep(step.program, lanes[0]);
  }

  void keep(const Program &program, const std::vector<double> &words) {
    for (std::size_t word = 0; word < words.size(); ++word) states_[program.outputs[word].name] = words[word];
  }

  std::vector<double> inputs_of(const Program &program, std::size_t element) const {
    std::vector<double> inputs;
    for (const Tensor &tensor : program.inputs) {
      const auto view = std::ranges::find(kernel_.inputs, tensor.name, &View::name);
      if (view == kernel_.inputs.end()) {
        inputs.push_back(states_.at(tensor.name));
      } else {
        const bool whole = kernel_.buffers[view->buffer].along == Along::row;
        inputs.push_back(buffers_[view->buffer][whole ? 0 : element]);
      }
    }
    return inputs;
  }

  const NumericKernel &kernel_;
  std::vector<std::vector<double>> &buffers_;
  const std::size_t columns_;
  std::map<std::string, double> states_;
};

}  // namespace actinide::testing_support
