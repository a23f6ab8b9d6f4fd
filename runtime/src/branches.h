/* Inside the runtime: what keeps rare paths out of the way of the usual one. */
#ifndef ACTINIDE_SRC_BRANCHES_H
#define ACTINIDE_SRC_BRANCHES_H

#if defined(__GNUC__)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define OUT_OF_LINE __attribute__((noinline))
#else
#define UNLIKELY(condition) (condition)
#define OUT_OF_LINE
#endif

#endif
