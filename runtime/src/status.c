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
      return "an output overlaps another buffer without being exactly an input of its element size, or is a sum in the "
             "place of one";
    case ACTINIDE_INVALID_SIZE:
      return "the size is out of range";
    case ACTINIDE_UNSUPPORTED_CPU:
      return "no variant of this kernel runs on this CPU";
    case ACTINIDE_UNKNOWN_TARGET:
      return "ACTINIDE_TARGET names a target that this library lacks or this CPU can't run";
    case ACTINIDE_INCOMPATIBLE:
      return "the library was emitted for another version of the runtime";
    case ACTINIDE_CUDA_NO_DRIVER:
      return "no CUDA driver: libcuda.so.1 can't be opened";
    case ACTINIDE_CUDA_OLD_DRIVER:
      return "the CUDA driver is too old for this library";
    case ACTINIDE_CUDA_NO_DEVICE:
      return "no CUDA device, or the CUDA driver can't be initialised";
    case ACTINIDE_CUDA_OLD_DEVICE:
      return "the library has no code for a CUDA device of this compute capability";
    case ACTINIDE_CUDA_NO_CONTEXT:
      return "no CUDA context is current on the calling thread";
    case ACTINIDE_CUDA_STREAM:
      return "the stream belongs to another CUDA context than the current one";
    case ACTINIDE_CUDA_HOST_POINTER:
      return "a buffer is host memory that the CUDA device can't access";
    case ACTINIDE_CUDA_MISALIGNED:
      return "a buffer isn't aligned to the size of its elements";
    case ACTINIDE_CUDA_FAILED:
      return "the CUDA driver reports an error, of this call or of earlier work on the device";
  }
  return "unknown status";
}
