#include "cuda_driver.h"

#include "actinide/runtime.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#if defined(__unix__) || defined(__APPLE__)
#include <dlfcn.h>

static void *open_library(void) {
  return dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
}

static void *find_symbol(void *library, const char *name) {
  return dlsym(library, name);
}
#else
static void *open_library(void) {
  return NULL;
}

static void *find_symbol(void *library, const char *name) {
  (void)library, (void)name;
  return NULL;
}
#endif

/* Stores the address of `name` in the pointer to a function at `field`; null and false if there is none. */
static bool find_function(void *library, const char *name, void *field) {
  void *const symbol = find_symbol(library, name);
  memcpy(field, &symbol, sizeof symbol); /* C has no conversion from object to function pointers */
  return symbol != NULL;
}

static int open_driver(cuda_driver *driver) {
  void *const library = open_library();
  if (library == NULL) return ACTINIDE_CUDA_NO_DRIVER;
#define CUDA_REQUIRE(field, symbol, parameters) \
  if (!find_function(library, symbol, &driver->field)) return ACTINIDE_CUDA_OLD_DRIVER;
#define CUDA_TRY(field, symbol, parameters) find_function(library, symbol, &driver->field);
  CUDA_REQUIRED_FUNCTIONS(CUDA_REQUIRE)
  CUDA_OPTIONAL_FUNCTIONS(CUDA_TRY)
#undef CUDA_REQUIRE
#undef CUDA_TRY
  return driver->init(0) == CUDA_OK ? ACTINIDE_OK : ACTINIDE_CUDA_NO_DEVICE;
}

int actinide_cuda_driver(const cuda_driver **driver) {
  static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
  static cuda_driver functions;
  static int status;
  static bool opened; /* and the two above don't change any more */
  if (!__atomic_load_n(&opened, __ATOMIC_ACQUIRE)) {
    pthread_mutex_lock(&opening);
    if (!opened) {
      status = open_driver(&functions);
      __atomic_store_n(&opened, true, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&opening);
  }
  *driver = &functions;
  return status;
}

int actinide_cuda_status(cuda_result result) {
  switch (result) {
    case CUDA_OK:
      return ACTINIDE_OK;
    case CUDA_NOT_INITIALIZED: /* in the child of a process that had initialised it */
    case CUDA_DEINITIALIZED:
    case CUDA_NO_DEVICE:
      return ACTINIDE_CUDA_NO_DEVICE;
    case CUDA_INVALID_CONTEXT:
    case CUDA_CONTEXT_IS_DESTROYED:
      return ACTINIDE_CUDA_NO_CONTEXT;
    case CUDA_UNSUPPORTED_PTX_VERSION:
      return ACTINIDE_CUDA_OLD_DRIVER;
    default:
      return ACTINIDE_CUDA_FAILED;
  }
}
