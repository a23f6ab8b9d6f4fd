// The toolkit's header, where there is one, to hold declarations of ours against: HAVE_TOOLKIT.
#pragma once

#include <type_traits>

#if __has_include(<cuda.h>)
#include <cuda.h>
#define HAVE_TOOLKIT 1
#endif

namespace cuda_toolkit {

/// A type as the C ABI sees it: enumerations are integers.
template <class T>
struct Plain {
  using type = T;
};
template <class T>
requires std::is_enum_v<T>
struct Plain<T> {
  using type = int;
};
template <class T>
struct Plain<T *> {
  using type = typename Plain<T>::type *;
};
template <class Result, class... Arguments>
struct Plain<Result (*)(Arguments...)> {
  using type = typename Plain<Result>::type (*)(typename Plain<Arguments>::type...);
};

/// The toolkit's function is what we call it as.
template <class Ours, class Theirs>
constexpr bool same_type = std::is_same_v<Ours, typename Plain<Theirs>::type>;

}  // namespace cuda_toolkit
