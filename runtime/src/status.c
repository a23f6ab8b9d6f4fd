#include "actinide/runtime.h"

#include "visibility.h"

ACTINIDE_PUBLIC const char *actinide_status_string(int status) {
  /* A switch over the enumeration: a status without a string is a warning of the compiler. */
  switch ((actinide_status)status) {
    case ACTINIDE_OK:
      return "ok";
    case ACTINIDE_NULL_POINTER:
      return "a buffer is a null pointer though n > 0";
    case ACTINIDE_OVERLAP:
      return "an output overlaps another buffer without being exactly an input of the same element size";
    case ACTINIDE_INVALID_SIZE:
      return "the size is out of range";
    case ACTINIDE_UNSUPPORTED_CPU:
      return "no variant of this kernel runs on this CPU";
    case ACTINIDE_UNKNOWN_TARGET:
      return "ACTINIDE_TARGET names a target that this library lacks or this CPU can't run";
    case ACTINIDE_INCOMPATIBLE:
      return "the library was emitted for another version of the runtime";
  }
  return "unknown status";
}
