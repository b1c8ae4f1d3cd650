/* The primitives of the formulas in C, for REAL_IS_DOUBLE or float. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef REAL_IS_DOUBLE
typedef double real;
typedef int64_t bits;
#define C_MATH(name) name
#else
typedef float real;
typedef int32_t bits;
#define C_MATH(name) name##f
#endif

#define R(literal) ((real)(literal))

/* Cython marks the formulas with this.  One that is called and not inlined keeps its loop
   from being vectorised, and compilers inline less in a file that has grown enough. */
#undef CYTHON_INLINE
#ifdef _MSC_VER
#define CYTHON_INLINE __forceinline
#else
#define CYTHON_INLINE inline __attribute__((always_inline))
#endif

#ifdef _MSC_VER
#define fetch_line(address) ((void)(address))
#else
#define fetch_line(address) __builtin_prefetch(address)
#endif

static inline real fma_real(real a, real b, real c) { return C_MATH(fma)(a, b, c); }
static inline real absolute_real(real x) { return C_MATH(fabs)(x); }
static inline real sqrt_real(real x) { return C_MATH(sqrt)(x); }
static inline real copysign_real(real x, real sign) { return C_MATH(copysign)(x, sign); }

static inline bits to_bits(real x) {
    bits value;
    memcpy(&value, &x, sizeof value);
    return value;
}

static inline real from_bits(bits value) {
    real x;
    memcpy(&x, &value, sizeof x);
    return x;
}

/* By its bit: gcc folds -fma(a, b, c) into fma(-a, b, -c), whose exact zeros have the
   other sign, where there are instructions for both; -fsigned-zeros does not keep it. */
static inline real negative_real(real x) {
    const bits sign = (bits)((uint64_t)1 << (8 * sizeof(bits) - 1));
    return from_bits(to_bits(x) ^ sign);
}
