/* The runtime is compiled with hidden visibility; the functions of its public headers are defined ACTINIDE_PUBLIC, so
   that a shared library that contains the runtime can pass them on. */
#ifndef ACTINIDE_SRC_VISIBILITY_H
#define ACTINIDE_SRC_VISIBILITY_H

#if defined(__GNUC__)
#define ACTINIDE_PUBLIC __attribute__((visibility("default")))
#else
#define ACTINIDE_PUBLIC
#endif

#endif
