// The catalogue that the project was asked for, written down a second time: no row may go missing.
#pragma once

#include <array>
#include <string_view>

namespace actinide::testing_support {

/// The rectifier family and its relatives.
inline constexpr auto kRectifierFamily =
    std::to_array<std::string_view>({"relu", "leaky_relu", "srelu", "gelu", "gelu_tanh", "gelu_sigmoid", "silu",
                                     "swish", "softplus", "sigmoid", "heaviside", "elu", "mish", "tanh", "squareplus"});

/// The rest of the field: activations of torch.nn, the element-wise functions of oneDNN, gated units.
inline constexpr auto kRestOfTheField = std::to_array<std::string_view>(
    {"identity",   "linear",    "abs",   "square",      "sqrt",        "exp",          "log",        "pow",
     "clip",       "hardtanh",  "relu6", "hardsigmoid", "hardswish",   "softsign",     "softshrink", "hardshrink",
     "tanhshrink", "threshold", "celu",  "selu",        "log_sigmoid", "squared_relu", "tanhexp",    "snake",
     "sin",        "glu",       "reglu", "geglu",       "geglu_tanh",  "swiglu"});

}  // namespace actinide::testing_support
