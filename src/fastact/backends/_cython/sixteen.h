/* Arrays of 16 bits through the float32 kernels, rounded once; see fastact/rounding.py.

   Block by block, while it is in the first cache: widen the inputs, run the kernel, round the
   result. What lies within its error of a boundary between two 16-bit numbers is noted and
   computed again in float64, many at a time. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "recipe.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define SIXTEEN_INLINE static inline __attribute__((always_inline))

enum {
    BLOCK = 2048, /* numbers; three inputs and the result take 32 kB */
    ROOM = 256,   /* doubtful numbers computed at once, or up to a group more */
#if defined(__AVX512F__)
    GROUP = 16
#elif defined(__AVX2__)
    GROUP = 8
#else
    GROUP = 4
#endif
};

#define FARTHEST ((Py_ssize_t)1 << 30)
#define UNIT 0x1p-23f
/* A factor may make of an underflow more than the least bfloat16, or more than SMALL_BRAIN. */
#define HUGE_BITS 0x46800000       /* of 2^14 */
#define SMALL_BRAIN_BITS 0x0d800000 /* of 2^-100 */
#define LARGEST_BITS 0x7f7fffff
#define ROOT_ERROR 0x1p-22f /* four times the bar for a derivative near its root */

/* Where a result may look like a tie in float64. */
#define NEAR_ZERO 0x1p-7
#define FAR_OUT 16.0

typedef enum { HALF, BRAIN } format; /* float16, bfloat16 */

/* Vectors of gcc and clang: operators work on each number, comparisons give all bits or none. */
typedef float floats __attribute__((vector_size(4 * GROUP)));
typedef uint32_t words __attribute__((vector_size(4 * GROUP)));
typedef uint16_t shorts __attribute__((vector_size(2 * GROUP)));

#define ALL(x) ((words){0} + (uint32_t)(x))
#define SIZE_BITS 0x7fffffff

SIXTEEN_INLINE floats load_floats(const float *from) {
    floats x;
    memcpy(&x, from, sizeof x);
    return x;
}

SIXTEEN_INLINE void store_floats(float *to, floats x) { memcpy(to, &x, sizeof x); }

SIXTEEN_INLINE shorts load_shorts(const uint16_t *from) {
    shorts x;
    memcpy(&x, from, sizeof x);
    return x;
}

/* --- what instruction sets differ in --------------------------------------------------------- */

/* Masks have a bit for each number. gcc would make five instructions of a conversion. */

#if defined(__AVX512F__)

SIXTEEN_INLINE words words_of(shorts x) { return (words)_mm512_cvtepu16_epi32((__m256i)x); }
SIXTEEN_INLINE shorts shorts_of(words x) { return (shorts)_mm512_cvtepi32_epi16((__m512i)x); }
SIXTEEN_INLINE floats from_half(shorts x) { return (floats)_mm512_cvtph_ps((__m256i)x); }
SIXTEEN_INLINE shorts to_half(floats x) { return (shorts)_mm512_cvtps_ph((__m512)x, 0); }
SIXTEEN_INLINE unsigned any_bits(words x, words of) {
    return _mm512_test_epi32_mask((__m512i)x, (__m512i)of);
}
SIXTEEN_INLINE unsigned below(words x, words bound) {
    return _mm512_cmplt_epu32_mask((__m512i)x, (__m512i)bound);
}
SIXTEEN_INLINE unsigned unequal(shorts x, shorts y) {
    return _mm256_cmpneq_epi16_mask((__m256i)x, (__m256i)y);
}
SIXTEEN_INLINE unsigned nans(floats x) {
    return _mm512_cmp_ps_mask((__m512)x, (__m512)x, _CMP_UNORD_Q);
}
SIXTEEN_INLINE unsigned nans_and_subnormals(floats x) {
    return _mm512_fpclass_ps_mask((__m512)x, 0x01 | 0x20 | 0x80);
}

/* Those of a mask, side by side; there is room for a group. */
SIXTEEN_INLINE void pick_floats(float *to, unsigned mask, floats x) {
    store_floats(to, (floats)_mm512_maskz_compress_ps((__mmask16)mask, (__m512)x));
}
SIXTEEN_INLINE int pick_places(uint32_t *to, unsigned mask, uint32_t first) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i places = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)first));
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32((__mmask16)mask, places));
    return __builtin_popcount(mask);
}

#else

#if defined(__AVX2__)

SIXTEEN_INLINE words words_of(shorts x) { return (words)_mm256_cvtepu16_epi32((__m128i)x); }
SIXTEEN_INLINE shorts shorts_of(words x) { /* of numbers below 2^16 */
    const __m256i y = (__m256i)x;
    return (shorts)_mm_packus_epi32(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
}
SIXTEEN_INLINE floats from_half(shorts x) { return (floats)_mm256_cvtph_ps((__m128i)x); }
SIXTEEN_INLINE shorts to_half(floats x) { return (shorts)_mm256_cvtps_ph((__m256)x, 0); }
SIXTEEN_INLINE unsigned mask_of(words x) { return (unsigned)_mm256_movemask_ps((__m256)x); }

#else

SIXTEEN_INLINE words words_of(shorts x) { return __builtin_convertvector(x, words); }
SIXTEEN_INLINE shorts shorts_of(words x) { return __builtin_convertvector(x, shorts); }

SIXTEEN_INLINE words choose(words condition, words yes, words no) {
    return (condition & yes) | (~condition & no);
}

SIXTEEN_INLINE floats from_half(shorts x) {
    const words sign = (words_of(x) & 0x8000) << 16, rest = words_of(x) & 0x7fff;
    /* Exponents of 112 less, by a product that is exact for subnormals too. */
    const words finite = (words)((floats)(rest << 13) * 0x1p112f);
    const words quiet = (words)(rest > 0x7c00) & 0x400000;
    const words infinite = 0x7f800000 | rest << 13 | quiet;
    return (floats)(sign | choose((words)(rest < 0x7c00), finite, infinite));
}

SIXTEEN_INLINE shorts to_half(floats x) {
    const words sign = (words)x >> 16 & 0x8000, size = (words)x & SIZE_BITS;
    /* Added to 1/2, a subnormal is rounded to a multiple of 2^-24, in the low bits. */
    const words subnormal = (words)((floats)size + 0.5f) - 0x3f000000;
    const words normal = (size - (112u << 23) + 0xfff + (size >> 13 & 1)) >> 13;
    const words infinite = 0x7c00 | ((words)(size > 0x7f800000) & (0x200 | (size >> 13 & 0x3ff)));
    const words finite = choose((words)(size < 0x38800000), subnormal, normal);
    return shorts_of(sign | choose((words)(size < 0x477ff000), finite, infinite));
}

SIXTEEN_INLINE unsigned mask_of(words x) { /* of all bits or none */
    unsigned mask = 0;
    int i;
    for (i = 0; i < GROUP; i++) mask |= (x[i] & 1) << i;
    return mask;
}

#endif

SIXTEEN_INLINE unsigned any_bits(words x, words of) { return mask_of((words)((x & of) != 0)); }
SIXTEEN_INLINE unsigned below(words x, words bound) { return mask_of((words)(x < bound)); }
SIXTEEN_INLINE unsigned unequal(shorts x, shorts y) {
    return mask_of((words)(words_of(x) != words_of(y)));
}
SIXTEEN_INLINE unsigned nans(floats x) { return mask_of((words)(x != x)); }
SIXTEEN_INLINE unsigned nans_and_subnormals(floats x) {
    const words size = (words)x & SIZE_BITS;
    return mask_of((words)(size - 1 < 0x7fffff) | (words)(size > 0x7f800000));
}

SIXTEEN_INLINE void pick_floats(float *to, unsigned mask, floats x) {
    for (; mask; mask &= mask - 1) *to++ = x[__builtin_ctz(mask)];
}
SIXTEEN_INLINE int pick_places(uint32_t *to, unsigned mask, uint32_t first) {
    int count = 0;
    for (; mask; mask &= mask - 1) to[count++] = first + (uint32_t)__builtin_ctz(mask);
    return count;
}

#endif

/* --- a group of numbers ---------------------------------------------------------------------- */

SIXTEEN_INLINE shorts to_brain(floats x) {
    const words bits = (words)x, head = bits >> 16, nan = (words)(x != x);
    const words rounded = (bits + 0x7fff + (head & 1)) >> 16;
    return shorts_of((nan & (head | 0x40)) | (~nan & rounded)); /* a quiet NaN */
}

SIXTEEN_INLINE floats widened(format kind, shorts x) {
    return kind == HALF ? from_half(x) : (floats)(words_of(x) << 16);
}

SIXTEEN_INLINE shorts rounded(format kind, floats x) {
    return kind == HALF ? to_half(x) : to_brain(x);
}

SIXTEEN_INLINE floats size_of(floats x) { return (floats)((words)x & SIZE_BITS); }

/* What a derivative with a root is multiplied by. */
SIXTEEN_INLINE floats root_scale(int doubt, const float *a, const float *c) {
    const floats zero = {0};
    if (doubt < ROOT || doubt == EXACT || doubt >= UNDERFLOW_TIMES_A) return zero;
    if (doubt == ROOT) return zero + 1;
    return size_of(doubt == ROOT_TIMES_A ? load_floats(a) : load_floats(a) * load_floats(c));
}

/* Where a derivative has vanished in part, or outgrown all numbers, and that may be seen. */
SIXTEEN_INLINE unsigned underflows(int doubt, floats y, const float *a, const float *c) {
    const words size = (words)y & SIZE_BITS, first = (words)load_floats(a) & SIZE_BITS;
    unsigned mask = below(size - 1, ALL(SMALL_BRAIN_BITS - 1)) | below(ALL(LARGEST_BITS), size);
    mask |= below(ALL(HUGE_BITS), first);
    if (doubt == UNDERFLOW_TIMES_A_AND_C) {
        const floats product = load_floats(a) * load_floats(c);
        mask |= below(ALL(HUGE_BITS), (words)size_of(product));
    }
    return mask;
}

/* Results of float16, and which are so near to a boundary that they may be wrong. */
SIXTEEN_INLINE shorts narrowed_to_half(int doubt, int reach, floats y, const float *a,
                                       const float *c, unsigned *mask) {
    const float part = (float)reach * UNIT;
    floats low, high, error;
    if (doubt == EXACT) {
        *mask = 0;
        return to_half(y);
    }
    if (doubt == NO_ROOT) {
        low = y * (1 - part);
        *mask = unequal(to_half(low), to_half(y * (1 + part)));
        return to_half(low); /* if not doubtful, that of y, and at hand */
    }
    error = root_scale(doubt, a, c) * ROOT_ERROR;
    low = (size_of(y) - error) * (1 - part);
    high = (size_of(y) + error) * (1 + part);
    /* A zero is an underflow, far from a root. */
    *mask = any_bits((words)y, ALL(SIZE_BITS)) & unequal(to_half(low), to_half(high));
    return to_half(y);
}

/* The same of bfloat16; what must be looked at more closely is in the mask too. */
SIXTEEN_INLINE shorts nearly_narrowed_to_brain(int doubt, int reach, floats y, const float *a,
                                               const float *c, unsigned *mask) {
    floats error;
    words low, high;
    if (doubt == EXACT) { /* but a product that has vanished in part; a tie goes to even */
        const words bits = (words)y;
        *mask = nans_and_subnormals(y);
        return shorts_of((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
    if (doubt < ROOT || doubt >= UNDERFLOW_TIMES_A) { /* counted: it holds for subnormals */
        high = (words)y + (0x8000 + (unsigned)reach);
        *mask = below(high << 16, ALL((unsigned)reach << 17));
        if (doubt >= UNDERFLOW_TIMES_A) *mask |= underflows(doubt, y, a, c);
        return shorts_of(high >> 16);
    }
    error = root_scale(doubt, a, c) * ROOT_ERROR;
    low = (words)(size_of(y) - error) + (0x8000 - (unsigned)reach);
    high = (words)(size_of(y) + error) + (0x8000 + (unsigned)reach);
    *mask = any_bits(low ^ high, ALL(0xffff0000));
    return shorts_of((((words)y & ~ALL(SIZE_BITS)) | high) >> 16);
}

static __attribute__((noinline)) unsigned doubtful_brains(int doubt, int reach, const float *at,
                                                          const float *a, const float *c) {
    const floats y = load_floats(at);
    floats scale, error;
    words low, high;
    unsigned mask;
    scale = root_scale(doubt, a, c);
    error = scale * ROOT_ERROR;
    low = (words)(size_of(y) - error) + (0x8000 - (unsigned)reach);
    high = (words)(size_of(y) + error) + (0x8000 + (unsigned)reach);
    mask = any_bits(low ^ high, ALL(0xffff0000));
    if (doubt == EXACT) return mask & nans_and_subnormals(y);
    if (doubt >= UNDERFLOW_TIMES_A) return mask | underflows(doubt, y, a, c);
    if (doubt == NO_ROOT) return mask;
    return mask & (any_bits((words)y, ALL(SIZE_BITS)) | below(ALL(HUGE_BITS), (words)scale));
}

/* Whether the mask tells all, and no NaN has to be made a quiet one. */
SIXTEEN_INLINE int is_certain(int doubt, unsigned mask, unsigned nan) {
    if (doubt == NO_ROOT) return nan == 0;
    return (nan | mask) == 0;
}

/* The group at ``y`` rounded, and which of its results may be wrong. */
SIXTEEN_INLINE shorts narrowed(format kind, int doubt, int reach, const float *y, const float *a,
                               const float *c, unsigned *mask) {
    const floats results = load_floats(y);
    shorts narrow;
    if (doubt == ALL_DOUBTFUL) {
        *mask = (1u << GROUP) - 1;
        return rounded(kind, results);
    }
    if (kind == HALF) return narrowed_to_half(doubt, reach, results, a, c, mask);
    narrow = nearly_narrowed_to_brain(doubt, reach, results, a, c, mask);
    if (__builtin_expect(is_certain(doubt, *mask, nans(results)), 1)) return narrow;
    *mask = doubtful_brains(doubt, reach, y, a, c);
    return to_brain(results);
}

/* --- doubtful results ------------------------------------------------------------------------ */

typedef struct {
    float input[3][ROOM + GROUP];
    uint32_t place[ROOM + GROUP]; /* from ``out`` on */
    uint16_t *out;
    int count;
} doubts;

/* float32 towards zero with the last bit set if inexact: safe to round again. */
SIXTEEN_INLINE float to_odd(double x) {
    const float y = (float)x; /* beyond the largest number: infinite, and so in 16 bits */
    const uint32_t inexact = ((double)y != x) & (fabsf(y) < INFINITY);
    const uint32_t too_large = inexact & (fabs((double)y) > fabs(x));
    uint32_t bits;
    float odd;
    memcpy(&bits, &y, sizeof bits);
    bits = (bits - too_large) | inexact;
    memcpy(&odd, &bits, sizeof odd);
    return odd;
}

SIXTEEN_INLINE shorts rounded_doubles(format kind, const double *x) {
    float odd[GROUP];
    int i;
    for (i = 0; i < GROUP; i++) odd[i] = to_odd(x[i]);
    return rounded(kind, load_floats(odd));
}

static double wide_at(const recipe *r, double x) {
    double y;
    r->wide(&x, &x, &x, &y, 1, 1, r->wide_parameters);
    return y;
}

/* The sign of f(x) - y, or 0: f(x) is above the line through f(z), z larger, or below. */
static double side_near_zero(const recipe *r, double x, double y) {
    int exponent;
    const double mantissa = frexp(fabs(x), &exponent);
    /* A power of two, by which the product with a constant slope is scaled exactly. */
    const double z = copysign(fmax(0x1p-20, ldexp(1.0, exponent + (mantissa > 0.5))), x);
    const double slope = wide_at(r, z) / z, product = slope * x;
    const double lost = fma(slope, x, -product);
    const double gap = (product - y) + (isfinite(lost) ? lost : 0.0);
    return fabs(gap) < 1e-3 * fabs(product) ? (gap > 0) - (gap < 0) : 0.0;
}

/* The sign of f(x) - y, or 0: f(x) - x comes to its limit from where f(z) - z is. */
static double side_far_out(const recipe *r, double x, double y) {
    const double z = copysign(FAR_OUT, x), gap = (wide_at(r, z) - z) - (y - x);
    return fabs(gap) < 1e-3 ? (gap > 0) - (gap < 0) : 0.0;
}

/* A result that looks like a tie, but is not, moved to its side of it.

   silu(x) = x / 2 + x^2 / 4 + ... is x / 2 in float64 too for tiny x, which lies midway
   between two numbers if x has an odd last bit; tanhshrink(258) is 257. */
static double off_tie(format kind, const recipe *r, double x, double y) {
    const double around[GROUP] = {nextafter(y, INFINITY), nextafter(y, -INFINITY)};
    const shorts results = rounded_doubles(kind, around);
    double side;
    if (results[0] == results[1]) return y;
    side = fabs(x) < NEAR_ZERO ? side_near_zero(r, x, y) : side_far_out(r, x, y);
    return side == 0.0 ? y : nextafter(y, side * INFINITY);
}

static void settle(format kind, const recipe *r, doubts *d) {
    double x[3][ROOM + GROUP], y[ROOM + GROUP];
    const int count = d->count, groups = (count + GROUP - 1) / GROUP * GROUP;
    int i, k;
    for (k = 0; k < r->inputs; k++) {
        for (i = count; i < groups; i++) d->input[k][i] = d->input[k][0]; /* all are vectors */
        for (i = 0; i < groups; i++) x[k][i] = d->input[k][i];
    }
    r->wide(x[0], x[r->inputs > 1], x[r->inputs - 1], y, groups, 1, r->wide_parameters);
    for (i = 0; r->inputs == 1 && i < count; i++) {
        const double size = fabs(x[0][i]);
        if (size != 0 && (size < NEAR_ZERO || size > FAR_OUT))
            y[i] = off_tie(kind, r, x[0][i], y[i]);
    }
    for (i = 0; i < groups; i += GROUP) {
        const shorts results = rounded_doubles(kind, y + i);
        for (k = 0; k < GROUP && i + k < count; k++) d->out[d->place[i + k]] = results[k];
    }
    d->count = 0;
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* x has room for whole groups. */
SIXTEEN_INLINE void widen(format kind, const uint16_t *in, float *x, Py_ssize_t n) {
    const Py_ssize_t whole = n - n % GROUP;
    uint16_t last[GROUP] = {0};
    Py_ssize_t i;
    for (i = 0; i < whole; i += GROUP) store_floats(x + i, widened(kind, load_shorts(in + i)));
    if (whole == n) return;
    memcpy(last, in + whole, (size_t)(n - whole) * sizeof *in);
    store_floats(x + whole, widened(kind, load_shorts(last)));
}

/* Note the doubtful ones of the group that begins at ``first`` of the block at ``out``. */
static __attribute__((noinline)) void note(format kind, const recipe *r, doubts *d, unsigned mask,
                                           float (*x)[BLOCK], Py_ssize_t first, uint16_t *out) {
    const uint32_t place = (uint32_t)(out + first - d->out);
    int k;
    for (k = 0; k < r->inputs; k++)
        pick_floats(d->input[k] + d->count, mask, load_floats(x[k] + first));
    d->count += pick_places(d->place + d->count, mask, place);
    if (d->count >= ROOM) settle(kind, r, d);
}

SIXTEEN_INLINE void narrow(format kind, int doubt, const recipe *r, doubts *d, float (*x)[BLOCK],
                           const float *y, uint16_t *out, Py_ssize_t n) {
    const Py_ssize_t whole = n - n % GROUP;
    const int reach = r->reach; /* or it is read again after each result */
    Py_ssize_t i;
    shorts last; /* kept in memory, for only a part of it is copied */
    unsigned mask;
    for (i = 0; i < whole; i += GROUP) {
        const shorts results = narrowed(kind, doubt, reach, y + i, x[0] + i, x[2] + i, &mask);
        memcpy(out + i, &results, sizeof results);
        if (__builtin_expect(mask != 0, 0)) note(kind, r, d, mask, x, i, out);
    }
    if (whole == n) return;
    last = narrowed(kind, doubt, reach, y + i, x[0] + i, x[2] + i, &mask);
    memcpy(out + i, &last, (size_t)(n - i) * sizeof *out);
    note(kind, r, d, mask & ((1u << (n - i)) - 1), x, i, out);
}

SIXTEEN_INLINE void run(format kind, int doubt, const uint16_t *const in[3], uint16_t *out,
                        Py_ssize_t n, const recipe *r) {
    float x[3][BLOCK], y[BLOCK];
    doubts d;
    Py_ssize_t start;
    int k;
    d.count = 0;
    if (n < BLOCK) memset(y + n / GROUP * GROUP, 0, GROUP * sizeof *y); /* no stale numbers */
    for (start = 0; start < n; start += BLOCK) {
        const Py_ssize_t count = n - start < BLOCK ? n - start : BLOCK;
        if (start % FARTHEST == 0) { /* places are numbers of 32 bits */
            if (d.count) settle(kind, r, &d);
            d.out = out + start;
        }
        for (k = 0; k < r->inputs; k++) widen(kind, in[k] + start, x[k], count);
        r->single(x[0], x[r->inputs > 1], x[r->inputs - 1], y, count, 1, r->single_parameters);
        narrow(kind, doubt, r, &d, x, y, out + start, count);
    }
    if (d.count) settle(kind, r, &d);
}

static void widen_float16_loop(const void *a, const void *b, const void *c, void *out, Py_ssize_t n,
                               Py_ssize_t length, const void *parameters) {
    (void)b, (void)c, (void)length, (void)parameters;
    widen(HALF, a, out, n);
}

static void widen_bfloat16_loop(const void *a, const void *b, const void *c, void *out,
                                Py_ssize_t n, Py_ssize_t length, const void *parameters) {
    (void)b, (void)c, (void)length, (void)parameters;
    widen(BRAIN, a, out, n);
}

SIXTEEN_INLINE void loop(format kind, const void *a, const void *b, const void *c, void *out,
                         Py_ssize_t n, const recipe *r) {
    const uint16_t *const in[3] = {a, b, c};
    if (r->choice && r->doubt == EXACT) {
        r->choice(a, b, c, out, n, kind, r->single_parameters);
        return;
    }
    switch (r->doubt) { /* each compiled on its own */
    case UNDERFLOW_TIMES_A:
        run(kind, kind == HALF ? NO_ROOT : UNDERFLOW_TIMES_A, in, out, n, r);
        break;
    case UNDERFLOW_TIMES_A_AND_C:
        run(kind, kind == HALF ? NO_ROOT : UNDERFLOW_TIMES_A_AND_C, in, out, n, r);
        break;
    case EXACT: run(kind, EXACT, in, out, n, r); break;
    case NO_ROOT: run(kind, NO_ROOT, in, out, n, r); break;
    case ROOT: run(kind, ROOT, in, out, n, r); break;
    case ROOT_TIMES_A: run(kind, ROOT_TIMES_A, in, out, n, r); break;
    case ROOT_TIMES_A_AND_C: run(kind, ROOT_TIMES_A_AND_C, in, out, n, r); break;
    default: run(kind, ALL_DOUBTFUL, in, out, n, r);
    }
}

static void float16_loop(const void *a, const void *b, const void *c, void *out, Py_ssize_t n,
                         Py_ssize_t length, const void *parameters) {
    (void)length;
    loop(HALF, a, b, c, out, n, parameters);
}

static void bfloat16_loop(const void *a, const void *b, const void *c, void *out, Py_ssize_t n,
                          Py_ssize_t length, const void *parameters) {
    (void)length;
    loop(BRAIN, a, b, c, out, n, parameters);
}

#include "choices.h"
