/* suite POINTS POINTS_OF_16_BITS [KERNEL]: runs every kernel on the same points, as many as its type has (powers of
   two), on whatever machine it is built for, and prints a line for each: its name and a hash of all that it computed,
   every NaN the same. Two machines agree if their lines do. With the name of a kernel ("gelu forward f32 standard") it
   prints every point and result in place of the hash.

   Also checks on this machine alone that length, alignment and place change no element and that nothing else is
   written; a violation is one line and exit status 1. */
#include "points.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Calls begin at points up to 970. */
enum {
  LEAST_POINTS = 2048,
  GUARD_BYTES = 64,
  GUARD = 0xA5,
  LONGEST_CHECK = 323,
  AREA_BYTES = LONGEST_CHECK * 8 + 2 * GUARD_BYTES + 8
};

static const uint64_t seed = 20240229;

/* A call on some of the points. */
typedef struct call {
  size_t first, n;   /* points [first, first + n) */
  size_t shift;      /* bytes by which every buffer misses alignment */
  unsigned in_place; /* the input that output 0 is; the number of inputs: none */
} call;

static size_t wide_points, narrow_points;

/* One kernel with its parameters: the points, and its outputs there. */
static struct {
  size_t points;
  const kernel *kernel;
  double parameters[MAX_PARAMETERS];
  void *buffers[MAX_BUFFERS];
} whole;

static unsigned char areas[MAX_BUFFERS][AREA_BYTES];
static unsigned char guards[AREA_BYTES];

static uint64_t load(const void *buffer, size_t i) {
  const format element = whole.kernel->element;
  uint64_t bits = 0;
  memcpy(&bits, (const char *)buffer + i * element.bytes, element.bytes); /* little-endian machines only */
  return is_nan(element, bits) ? UINT64_MAX : bits;
}

static void require(int condition, const char *what, const call *c, size_t i) {
  if (condition) return;
  printf("%s: %s: n %zu, first point %zu, shift %zu bytes, in place of input %u, element %zu\n", whole.kernel->name,
         what, c->n, c->first, c->shift, c->in_place, i);
  exit(EXIT_FAILURE);
}

static void run(void *const *buffers, size_t n) {
  const int status = whole.kernel->cpu(buffers, &n, whole.parameters, NULL);
  if (status == 0) return;
  printf("%s: status %d\n", whole.kernel->name, status);
  exit(EXIT_FAILURE);
}

static void *array_of_points(void) {
  void *array = malloc(MOST_POINTS * sizeof(uint64_t));
  if (array == NULL) exit(EXIT_FAILURE);
  return array;
}

/* The points of a tensor, made once for each type: an emulator would spend most of its time on them. */
static void *points_of(format element, unsigned input) {
  static void *known[MAX_BUFFERS][64]; /* by the bits of the mantissa */
  void **array = &known[input][element.mantissa_bits];
  if (*array != NULL) return *array;
  *array = array_of_points();
  for (size_t i = 0; i < whole.points; ++i) {
    const uint64_t bits = point(element, input, i, element.bytes == 2 ? MOST_POINTS : wide_points, seed);
    memcpy((char *)*array + i * element.bytes, &bits, element.bytes);
  }
  return *array;
}

/* Computes the points. The values of the parameters lie in the domain of every activation. */
static void compute(const kernel *k, unsigned parameter_set) {
  static void *outputs[MAX_BUFFERS];
  whole.kernel = k;
  whole.points = k->element.bytes == 2 ? narrow_points : wide_points;
  for (unsigned i = 0; i < k->parameters; ++i) whole.parameters[i] = 0.75 + i + 0.5 * parameter_set;
  for (unsigned input = 0; input < k->inputs; ++input) whole.buffers[input] = points_of(k->element, input);
  for (unsigned b = k->inputs; b < k->inputs + k->outputs; ++b) {
    if (outputs[b] == NULL) outputs[b] = array_of_points();
    whole.buffers[b] = outputs[b];
  }
  run(whole.buffers, whole.points);
}

/* Lays out the buffers of a call, each in an area of its own between guards, and runs it. */
static void run_call(const call *c, void **buffers) {
  const kernel *k = whole.kernel;
  const size_t bytes = k->element.bytes;
  memset(areas, GUARD, (k->inputs + k->outputs) * sizeof areas[0]);
  for (unsigned b = 0; b < k->inputs + k->outputs; ++b) {
    buffers[b] = areas[b] + GUARD_BYTES + c->shift;
    if (b < k->inputs) memcpy(buffers[b], (char *)whole.buffers[b] + c->first * bytes, c->n * bytes);
  }
  if (c->in_place < k->inputs) buffers[k->inputs] = buffers[c->in_place];
  run(buffers, c->n);
}

/* Elements have the bits that they have among the points, or both are NaN. */
static void check_elements(const call *c, const void *found, unsigned b) {
  const kernel *k = whole.kernel;
  if (memcmp(found, (char *)whole.buffers[b] + c->first * k->element.bytes, c->n * k->element.bytes) == 0) return;
  for (size_t i = 0; i < c->n; ++i)
    require(load(found, i) == load(whole.buffers[b], c->first + i),
            b < k->inputs ? "writes to an input" : "depends on the call", c, i);
}

/* Nothing has been written to bytes [begin, end) of an area. */
static void check_guards(const call *c, unsigned b, size_t begin, size_t end) {
  if (memcmp(areas[b] + begin, guards, end - begin) == 0) return;
  for (size_t i = begin; i < end; ++i) require(areas[b][i] == GUARD, "writes outside of its output", c, i);
}

/* The call gives each element what the call on the points gives it, and writes nothing else. */
static void check(const call *c) {
  const kernel *k = whole.kernel;
  void *buffers[MAX_BUFFERS];
  run_call(c, buffers);
  for (unsigned b = 0; b < k->inputs + k->outputs; ++b) {
    if (b != c->in_place) check_elements(c, buffers[b], b); /* else it is checked as output 0 */
    const int unused = b == k->inputs && c->in_place < k->inputs;
    const size_t begin = GUARD_BYTES + c->shift, end = unused ? begin : begin + c->n * k->element.bytes;
    check_guards(c, b, 0, begin);
    check_guards(c, b, end, AREA_BYTES);
  }
}

static void check_calls(void) {
  static const size_t lengths[] = {0, 1, 2, 3, 7, 8, 9, 31, 33, 64, LONGEST_CHECK};
  const kernel *k = whole.kernel;
  for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; ++l)
    for (size_t offset = 0; offset < 4; ++offset)
      check(&(call){.first = 97 * l, .n = lengths[l], .shift = offset * k->element.bytes, .in_place = k->inputs});
  check(&(call){.first = 5, .n = 257, .shift = 1, .in_place = k->inputs});
  for (unsigned input = 0; input < k->inputs; ++input)
    check(&(call){.first = 7, .n = LONGEST_CHECK, .shift = 0, .in_place = input});
}

static uint64_t hash_of_outputs(uint64_t hash) {
  const kernel *k = whole.kernel;
  for (unsigned b = k->inputs; b < k->inputs + k->outputs; ++b)
    for (size_t i = 0; i < whole.points; ++i) {
      hash = (hash ^ load(whole.buffers[b], i)) * UINT64_C(0x9e3779b97f4a7c15);
      hash ^= hash >> 29;
    }
  return hash;
}

static void print_points(void) {
  const kernel *k = whole.kernel;
  for (size_t i = 0; i < whole.points; ++i) {
    for (unsigned b = 0; b < k->inputs + k->outputs; ++b)
      printf("%s%016llx", b == k->inputs ? " -> " : " ", (unsigned long long)load(whole.buffers[b], i));
    for (unsigned p = 0; p < k->parameters; ++p) printf(", parameter %g", whole.parameters[p]);
    printf("\n");
  }
}

static size_t points_in(const char *word) {
  const size_t points = strtoul(word, NULL, 10);
  if (points >= LEAST_POINTS && points <= MOST_POINTS && (points & (points - 1)) == 0) return points;
  fprintf(stderr, "suite: points are a power of two from %d to %d, not %s\n", LEAST_POINTS, MOST_POINTS, word);
  exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: suite POINTS POINTS_OF_16_BITS [KERNEL]\n");
    return EXIT_FAILURE;
  }
  wide_points = points_in(argv[1]);
  narrow_points = points_in(argv[2]);
  const char *wanted = argc > 3 ? argv[3] : NULL;
  memset(guards, GUARD, sizeof guards);
  printf("%zu kernels, %zu points each, of 16 bits %zu, seed %llu\n", kernel_count, wide_points, narrow_points,
         (unsigned long long)seed);
  for (size_t i = 0; i < kernel_count; ++i) {
    if (wanted != NULL && strcmp(wanted, kernels[i].name) != 0) continue;
    uint64_t hash = 0;
    for (unsigned set = 0; set < (kernels[i].parameters > 0 ? 2 : 1); ++set) {
      compute(&kernels[i], set);
      check_calls();
      hash = hash_of_outputs(hash);
      if (wanted != NULL) print_points();
    }
    if (wanted == NULL) printf("%s: %016llx\n", kernels[i].name, (unsigned long long)hash);
  }
  return EXIT_SUCCESS;
}
