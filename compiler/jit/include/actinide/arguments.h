// How the arguments of a kernel's call are taken: part of jit.h.
#pragma once

#include "actinide/element.h"
#include "actinide/exceptions.h"
#include "actinide/result.h"
#include "actinide/vocabulary.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <exception>
#include <new>
#include <span>
#include <type_traits>

namespace actinide {

namespace detail {

/// The arguments of one call as they come: tensors, then numbers. Knows nothing of the kernel yet.
struct CallArguments {
  struct Tensor {
    const void *data;
    std::size_t size;  ///< kBySize: given by pointer
    bool writable;
    DType dtype;
  };
  static constexpr std::size_t kBySize = static_cast<std::size_t>(-1);
  std::span<Tensor> tensors;
  std::span<double> numbers;
  std::size_t tensor_count = 0;
  std::size_t number_count = 0;
  std::size_t pointer_count = 0;
  bool sized = false;    ///< `size` has been given
  std::size_t size = 0;  ///< of all tensors that are given by pointer
};

template <typename A, typename T>
concept TensorOf = std::constructible_from<std::span<const T>, A &>;
template <typename A, typename T>
concept PointerTo = std::convertible_to<A, const T *>;
template <typename A>
concept Number = std::is_arithmetic_v<std::remove_cvref_t<A>>;

template <typename A, typename T>
concept ArrayOf = PointerTo<A, T> || TensorOf<A, T>;

/// `In`, `Out`: what the elements of a tensor may be.
template <typename In, typename Out, typename A>
void add(CallArguments &call, A &argument) {
  using T = std::conditional_t<ArrayOf<A, In>, In, Out>;
  if constexpr (Number<A>) {
    const bool is_size = call.pointer_count > 0 && !call.sized;
    if (std::integral<std::remove_cvref_t<A>> && is_size) {
      call.size = static_cast<std::size_t>(argument);
      call.sized = true;
    } else {
      // A parameter is rounded to what it is in C: to f32 beside elements of 16 bits.
      using Parameter = std::conditional_t<std::same_as<T, double>, double, float>;
      call.numbers[call.number_count++] = static_cast<double>(static_cast<Parameter>(argument));
    }
  } else if constexpr (PointerTo<A, T>) {
    call.tensors[call.tensor_count++] = {argument, CallArguments::kBySize, std::convertible_to<A, T *>, dtype_of<T>};
    ++call.pointer_count;
  } else {
    const std::span<const T> tensor(argument);
    call.tensors[call.tensor_count++] = {tensor.data(), tensor.size(), std::constructible_from<std::span<T>, A &>,
                                         dtype_of<T>};
  }
}

/// `use` with the arguments of a call, in which `sized` says that the size isn't among them.
template <typename In, typename Out, typename Use, typename... Args>
void with_arguments(bool sized, Use use, Args &...args) {
  std::array<CallArguments::Tensor, sizeof...(Args) + 1> tensors;
  std::array<double, sizeof...(Args) + 1> numbers;
  CallArguments arguments{.tensors = tensors, .numbers = numbers, .sized = sized};
  (add<In, Out>(arguments, args), ...);
  use(arguments);
}

template <typename A, typename In, typename Out>
concept Argument = Number<A> || ArrayOf<A, In> || ArrayOf<A, Out>;
template <typename A, typename In, typename Out>
concept DeviceArgument = Number<A> || PointerTo<A, In> || PointerTo<A, Out>;

/// What `make` gives, or what it throws.
template <typename Make>
auto caught(Make make) noexcept -> Result<decltype(make())> {
  try {
    return make();
  } catch (const UserError &error) {
    return Error{ErrorCode::wrong_request, error.what()};
  } catch (const std::bad_alloc &) {
    return Error{ErrorCode::out_of_memory, "no memory"};
  } catch (const std::exception &error) {
    return Error{ErrorCode::internal, error.what()};
  }
}

}  // namespace detail

}  // namespace actinide
