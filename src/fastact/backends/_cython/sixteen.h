/* Arrays of 16 bits through the float32 kernels, rounded once; see fastact/rounding.py.

   Block by block, while it is in the first cache: widen the inputs, run the kernel, round the
   result; a short kernel does so with each group of numbers, in registers (formulas/short.py).
   What lies within its error of a boundary between two 16-bit numbers is noted and computed
   again in float64, many at a time. */
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
#define NORMAL_BITS 0x00800000
#define NORMAL_HALF_BITS 0x38800000 /* of 2^-14 */
#define ROOT_ERROR 0x1p-22f /* four times the bar for a derivative near its root */

/* Where a result may look like a tie in float64. */
#define NEAR_ZERO 0x1p-7
#define FAR_OUT 16.0

/* Doubts besides those of recipe.h: about a product of two or three numbers, of which one is a
   slope that is NaN where float32 has lost its digits (tables.pxi). */
enum { MARKED = UNDERFLOW_TIMES_B + 1, MARKED_OF_THREE };

typedef enum { HALF, BRAIN } format; /* float16, bfloat16 */

/* Vectors of gcc and clang: operators work on each number, comparisons give all bits or none. */
typedef float floats __attribute__((vector_size(4 * GROUP)));
typedef uint32_t words __attribute__((vector_size(4 * GROUP)));
typedef int32_t ints __attribute__((vector_size(4 * GROUP)));
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

/* Truths are of each number: bits, or vectors of all bits and none, by which masks of bits are
   made; ``one_...`` tells where either of two groups has it, for less than each by itself. gcc
   would make five instructions of a conversion. */

#if defined(__AVX512F__)

typedef unsigned truths;
#define NEVER 0u
#define ALWAYS 0xffffu
SIXTEEN_INLINE unsigned mask_of(truths x) { return x; }

SIXTEEN_INLINE words words_of(shorts x) { return (words)_mm512_cvtepu16_epi32((__m256i)x); }
SIXTEEN_INLINE shorts shorts_of(words x) { return (shorts)_mm512_cvtepi32_epi16((__m512i)x); }
SIXTEEN_INLINE floats from_half(shorts x) { return (floats)_mm512_cvtph_ps((__m256i)x); }
SIXTEEN_INLINE shorts to_half(floats x) { return (shorts)_mm512_cvtps_ph((__m512)x, 0); }
SIXTEEN_INLINE truths any_bits(words x, words of) {
    return _mm512_test_epi32_mask((__m512i)x, (__m512i)of);
}
SIXTEEN_INLINE truths below(words x, words bound) {
    return _mm512_cmplt_epu32_mask((__m512i)x, (__m512i)bound);
}
SIXTEEN_INLINE truths one_below(words x, words y, uint32_t bound) {
    return below((words)_mm512_min_epu32((__m512i)x, (__m512i)y), ALL(bound));
}
SIXTEEN_INLINE truths one_above(words x, words y, uint32_t bound) {
    return below(ALL(bound), (words)_mm512_max_epu32((__m512i)x, (__m512i)y));
}
SIXTEEN_INLINE truths unequal(shorts x, shorts y) {
    return _mm256_cmpneq_epi16_mask((__m256i)x, (__m256i)y);
}
SIXTEEN_INLINE truths one_is_nan(floats x, floats y) {
    return _mm512_cmp_ps_mask((__m512)x, (__m512)y, _CMP_UNORD_Q);
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

typedef words truths;
#define NEVER ((truths){0})
#define ALWAYS (~NEVER)

#if defined(__AVX2__)

SIXTEEN_INLINE words words_of(shorts x) { return (words)_mm256_cvtepu16_epi32((__m128i)x); }
SIXTEEN_INLINE shorts shorts_of(words x) { /* of numbers below 2^16 */
    const __m256i y = (__m256i)x;
    return (shorts)_mm_packus_epi32(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
}
SIXTEEN_INLINE floats from_half(shorts x) { return (floats)_mm256_cvtph_ps((__m128i)x); }
SIXTEEN_INLINE shorts to_half(floats x) { return (shorts)_mm256_cvtps_ph((__m256)x, 0); }
SIXTEEN_INLINE unsigned mask_of(truths x) { return (unsigned)_mm256_movemask_ps((__m256)x); }

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

SIXTEEN_INLINE unsigned mask_of(truths x) {
    unsigned mask = 0;
    int i;
    for (i = 0; i < GROUP; i++) mask |= (x[i] & 1) << i;
    return mask;
}

#endif

SIXTEEN_INLINE truths any_bits(words x, words of) { return (words)((x & of) != 0); }
/* There are only signed comparisons. */
SIXTEEN_INLINE truths below(words x, words bound) {
    return (words)((ints)(x + 0x80000000) < (ints)(bound + 0x80000000));
}
SIXTEEN_INLINE truths unequal(shorts x, shorts y) {
    return (words)(words_of(x) != words_of(y));
}
#if defined(__AVX2__)
SIXTEEN_INLINE truths one_below(words x, words y, uint32_t bound) {
    const __m256i least = _mm256_min_epu32((__m256i)x, (__m256i)y);
    const __m256i low = _mm256_min_epu32(least, (__m256i)ALL(bound - 1));
    return (words)_mm256_cmpeq_epi32(least, low);
}
SIXTEEN_INLINE truths one_above(words x, words y, uint32_t bound) { /* of signed numbers */
    const __m256i largest = _mm256_max_epi32((__m256i)x, (__m256i)y);
    return (words)_mm256_cmpgt_epi32(largest, (__m256i)ALL(bound));
}
SIXTEEN_INLINE truths one_is_nan(floats x, floats y) {
    return (words)_mm256_cmp_ps((__m256)x, (__m256)y, _CMP_UNORD_Q);
}
#else
SIXTEEN_INLINE truths one_below(words x, words y, uint32_t bound) {
    return below(x, ALL(bound)) | below(y, ALL(bound));
}
SIXTEEN_INLINE truths one_above(words x, words y, uint32_t bound) {
    return below(ALL(bound), x) | below(ALL(bound), y);
}
SIXTEEN_INLINE truths one_is_nan(floats x, floats y) { return (words)((x != x) | (y != y)); }
#endif

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

/* How a kernel's results are rounded, and what they were computed of. */
typedef struct {
    format kind;
    int doubt; /* NO_ROOT, ... */
    unsigned reach;
    int few; /* whether a slope of few digits is exact (FEW_DIGITS in doubts.py) */
} manner;

typedef struct {
    floats a, b, c;
    floats slope; /* if few: the result is a times it */
} group;

SIXTEEN_INLINE floats size_of(floats x) { return (floats)((words)x & SIZE_BITS); }

/* What a derivative with a root is multiplied by. */
SIXTEEN_INLINE floats root_scale(int doubt, group x) {
    const floats zero = {0};
    if (doubt == ROOT) return zero + 1;
    if (doubt == ROOT_TIMES_A) return size_of(x.a);
    if (doubt == ROOT_TIMES_A_AND_C) return size_of(x.a * x.c);
    return zero;
}

/* Whether one is tiny, but no zero. */
SIXTEEN_INLINE truths one_is_tiny(floats y, floats z, uint32_t least) {
    return one_below((words)size_of(y) - 1, (words)size_of(z) - 1, least - 1);
}

SIXTEEN_INLINE truths one_is_larger(floats y, floats z, uint32_t bits) {
    return one_above((words)size_of(y), (words)size_of(z), bits);
}

/* Where a factor has lost digits that may be seen, or the product is beyond all numbers. */
SIXTEEN_INLINE truths one_is_lost(int doubt, floats y, floats z, group x, group w) {
    const int by_second = doubt == UNDERFLOW_TIMES_B;
    truths lost;
    if (doubt == MARKED) return one_is_nan(y, z);
    lost = one_is_larger(y, z, LARGEST_BITS);
    if (doubt == MARKED_OF_THREE) return lost;
    lost |= one_is_tiny(y, z, SMALL_BRAIN_BITS);
    lost |= one_is_larger(by_second ? x.b : x.a, by_second ? w.b : w.a, HUGE_BITS);
    if (doubt == UNDERFLOW_TIMES_A_AND_C) lost |= one_is_larger(x.a * x.c, w.a * w.c, HUGE_BITS);
    if (doubt == UNDERFLOW_TIMES_A_AND_B) lost |= one_is_larger(x.a * x.b, w.a * w.b, HUGE_BITS);
    return lost;
}

SIXTEEN_INLINE floats root_error(manner how, group x) {
    return root_scale(how.doubt, x) * ROOT_ERROR;
}

/* Whether the float16 numbers that y may be differ. */
SIXTEEN_INLINE truths is_between_halves(manner how, floats y, group x) {
    const float part = (float)how.reach * UNIT;
    const floats error = root_error(how, x);
    const floats low = (size_of(y) - error) * (1 - part), high = (size_of(y) + error) * (1 + part);
    return unequal(to_half(low), to_half(high));
}

/* The larger of the bfloat16 numbers that y may be, in the high bits. */
SIXTEEN_INLINE words larger_brain(manner how, floats y, group x) {
    return (words)(size_of(y) + root_error(how, x)) + (0x8000 + how.reach);
}

/* Whether they differ. */
SIXTEEN_INLINE truths is_between_brains(manner how, floats y, group x) {
    const words low = (words)(size_of(y) - root_error(how, x)) + (0x8000 - how.reach);
    return any_bits(low ^ larger_brain(how, y, x), ALL(0xffff0000));
}

/* Results by a rule that is right but where ``unclear`` says that they need a closer look. */
SIXTEEN_INLINE shorts nearly_rounded(manner how, floats y, group x) {
    const words bits = (words)y;
    if (how.doubt == ALL_DOUBTFUL) return rounded(how.kind, y);
    if (how.kind == HALF) return to_half(y);
    if (how.doubt == EXACT || how.few) /* a tie goes to even */
        return shorts_of((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    if (how.doubt == NO_ROOT || how.doubt >= UNDERFLOW_TIMES_A)
        return shorts_of((bits + (0x8000 + how.reach)) >> 16);
    return shorts_of(((bits & ~ALL(SIZE_BITS)) | larger_brain(how, y, x)) >> 16);
}

/* y, or its size, so that what float16 has no room for are the last 13 bits of subnormals too. */
SIXTEEN_INLINE floats as_if_normal(format kind, floats y) {
    const floats size = size_of(y);
    const words subnormal = (words)((ints)size < NORMAL_HALF_BITS);
    return kind == HALF ? size + (floats)(subnormal & NORMAL_HALF_BITS) : y;
}

/* A number whose last bits, moved to the front, are below twice the reach where it is near the
   middle of what has but these bits more. */
SIXTEEN_INLINE words above_middle(manner how, floats y, int bits) {
    const words number = (words)as_if_normal(how.kind, y);
    return (number + ((1u << (bits - 1)) + how.reach)) << (32 - bits);
}

SIXTEEN_INLINE truths one_is_near_middle(manner how, floats y, floats z, group x, group w) {
    const int bits = how.kind == HALF ? 13 : 16;
    words first = above_middle(how, y, bits), second = above_middle(how, z, bits);
    if (how.few) { /* products of 24 bits are exact, and midway as often as not */
        const words rest = ALL(how.kind == HALF ? 0x7ff : 0xff);
        first |= (words)(((words)x.slope & rest) == 0);
        second |= (words)(((words)w.slope & rest) == 0);
    }
    return one_below(first, second, how.reach << (33 - bits));
}

/* Where y or z needs a closer look; NaN of bfloat16 do, for they have to be quiet. */
SIXTEEN_INLINE truths unclear(manner how, floats y, floats z, group x, group w) {
    if (how.doubt == ALL_DOUBTFUL) return ALWAYS;
    if (how.kind == HALF) {
        if (how.doubt == EXACT) return NEVER;
        if (how.doubt == NO_ROOT) /* by bits, for each conversion takes two cycles */
            return one_is_near_middle(how, y, z, x, w);
        return is_between_halves(how, y, x) | is_between_halves(how, z, w);
    }
    if (how.doubt == EXACT) /* but a product that has vanished in part */
        return one_is_tiny(y, z, NORMAL_BITS) | one_is_nan(y, z);
    if (how.doubt == NO_ROOT) { /* subnormals have as many bits */
        const truths near = one_is_near_middle(how, y, z, x, w) | one_is_nan(y, z);
        return how.few ? near | one_is_tiny(y, z, NORMAL_BITS) : near;
    }
    if (how.doubt >= UNDERFLOW_TIMES_A)
        return one_is_near_middle(how, y, z, x, w) | one_is_lost(how.doubt, y, z, x, w);
    return is_between_brains(how, y, x) | is_between_brains(how, z, w) | one_is_nan(y, z);
}

/* Which results may be wrong, at a closer look. */
SIXTEEN_INLINE truths doubtful_halves(manner how, floats y, group x) {
    const truths doubtful = is_between_halves(how, y, x);
    if (how.doubt == EXACT) return NEVER;
    if (how.doubt == NO_ROOT) return doubtful;
    return doubtful & any_bits((words)y, ALL(SIZE_BITS)); /* an underflow is far from a root */
}

SIXTEEN_INLINE truths doubtful_brains(manner how, floats y, group x) {
    const truths doubtful = is_between_brains(how, y, x);
    if (how.doubt == NO_ROOT) return doubtful;
    if (how.doubt == EXACT) return doubtful & unclear(how, y, y, x, x);
    if (how.doubt >= UNDERFLOW_TIMES_A) return doubtful | one_is_lost(how.doubt, y, y, x, x);
    return doubtful & (any_bits((words)y, ALL(SIZE_BITS)) |
                       below(ALL(HUGE_BITS), (words)root_scale(how.doubt, x)));
}

/* --- doubtful results ------------------------------------------------------------------------ */

typedef struct {
    manner how;
    const recipe *r;
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

static void settle(doubts *d) {
    const format kind = d->how.kind;
    const recipe *r = d->r;
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

/* The group at i, or but the first of it and zeros. */
SIXTEEN_INLINE floats widened_at(format kind, const uint16_t *in, Py_ssize_t i, int count) {
    uint16_t numbers[GROUP] = {0};
    memcpy(numbers, in + i, (size_t)count * sizeof *numbers);
    return widened(kind, load_shorts(numbers));
}

/* x has room for whole groups. */
SIXTEEN_INLINE void widen(format kind, const uint16_t *in, float *x, Py_ssize_t n) {
    const Py_ssize_t whole = n - n % GROUP;
    Py_ssize_t i;
    for (i = 0; i < whole; i += GROUP) store_floats(x + i, widened_at(kind, in, i, GROUP));
    if (i < n) store_floats(x + i, widened_at(kind, in, i, (int)(n - i)));
}

/* Round a group of results again, and note the doubtful ones. */
static __attribute__((noinline)) void look_closer(doubts *d, const floats *y, const group *x,
                                                  uint16_t *out, int count) {
    const manner how = d->how;
    const shorts results = rounded(how.kind, *y);
    const floats *inputs[] = {&x->a, &x->b, &x->c};
    truths doubtful = ALWAYS;
    unsigned mask;
    int k;
    if (how.doubt != ALL_DOUBTFUL)
        doubtful = how.kind == HALF ? doubtful_halves(how, *y, *x) : doubtful_brains(how, *y, *x);
    mask = mask_of(doubtful) & ((1u << count) - 1);
    memcpy(out, &results, (size_t)count * sizeof *out);
    if (mask == 0) return;
    for (k = 0; k < d->r->inputs; k++) pick_floats(d->input[k] + d->count, mask, *inputs[k]);
    d->count += pick_places(d->place + d->count, mask, (uint32_t)(out - d->out));
    if (d->count >= ROOM) settle(d);
}

/* Round two groups, computed of two, into ``out``; a look at both takes little more than at one. */
SIXTEEN_INLINE void narrow_two(manner how, doubts *d, floats y, floats z, group x, group w,
                               uint16_t *out) {
    const shorts first = nearly_rounded(how, y, x), second = nearly_rounded(how, z, w);
    memcpy(out, &first, sizeof first);
    memcpy(out + GROUP, &second, sizeof second);
    if (__builtin_expect(mask_of(unclear(how, y, z, x, w)) != 0, 0)) {
        const floats results[] = {y, z}; /* copies, for these have addresses */
        const group inputs[] = {x, w};
        int k;
        for (k = 0; k < 2; k++)
            if (mask_of(unclear(how, results[k], results[k], inputs[k], inputs[k])))
                look_closer(d, results + k, inputs + k, out + k * GROUP, GROUP);
    }
}

SIXTEEN_INLINE group load_group(float (*x)[BLOCK], Py_ssize_t i) {
    const group loaded = {load_floats(x[0] + i), load_floats(x[1] + i), load_floats(x[2] + i)};
    return loaded;
}

SIXTEEN_INLINE void narrow(manner how, doubts *d, float (*x)[BLOCK], const float *y,
                           uint16_t *out, Py_ssize_t n) {
    Py_ssize_t i, k;
    for (i = 0; i + 2 * GROUP <= n; i += 2 * GROUP) {
        k = i + GROUP;
        narrow_two(how, d, load_floats(y + i), load_floats(y + k), load_group(x, i),
                   load_group(x, k), out + i);
    }
    for (; i < n; i += GROUP) {
        const floats results = load_floats(y + i);
        const group inputs = load_group(x, i);
        look_closer(d, &results, &inputs, out + i, n - i < GROUP ? (int)(n - i) : GROUP);
    }
}

SIXTEEN_INLINE void begin_doubts(doubts *d, manner how, const recipe *r) {
    d->how = how;
    d->r = r;
    d->count = 0;
}

/* Places are numbers of 32 bits. */
SIXTEEN_INLINE void place_doubts(doubts *d, uint16_t *out) {
    if (d->count) settle(d);
    d->out = out;
}

SIXTEEN_INLINE void run(format kind, int doubt, const uint16_t *const in[3], uint16_t *out,
                        Py_ssize_t n, const recipe *r) {
    const manner how = {kind, doubt, (unsigned)r->reach, 0};
    float x[3][BLOCK], y[BLOCK];
    doubts d;
    Py_ssize_t start;
    int k;
    begin_doubts(&d, how, r);
    if (n < BLOCK) memset(y + n / GROUP * GROUP, 0, GROUP * sizeof *y); /* no stale numbers */
    for (start = 0; start < n; start += BLOCK) {
        const Py_ssize_t count = n - start < BLOCK ? n - start : BLOCK;
        if (start % FARTHEST == 0) place_doubts(&d, out + start);
        for (k = 0; k < r->inputs; k++) widen(kind, in[k] + start, x[k], count);
        r->single(x[0], x[r->inputs > 1], x[r->inputs - 1], y, count, 1, r->single_parameters);
        narrow(how, &d, x, y, out + start, count);
    }
    if (d.count) settle(&d);
}

/* Round numbers of which nothing else is known. */
SIXTEEN_INLINE void narrow_plain(format kind, const float *x, uint16_t *out, Py_ssize_t n) {
    const Py_ssize_t whole = n / GROUP * GROUP;
    float last[GROUP] = {0};
    shorts results;
    Py_ssize_t i;
    for (i = 0; i < whole; i += GROUP) {
        results = rounded(kind, load_floats(x + i));
        memcpy(out + i, &results, sizeof results);
    }
    memcpy(last, x + i, (size_t)(n - i) * sizeof *x);
    results = rounded(kind, load_floats(last));
    memcpy(out + i, &results, (size_t)(n - i) * sizeof *out);
}

/* The bits of a mask as numbers 1 and 0, four at a time as in support.h. */
SIXTEEN_INLINE void unpack(format kind, const unsigned char *bits, uint16_t *out, Py_ssize_t n) {
    const uint16_t one = kind == HALF ? 0x3c00 : 0x3f80;
    uint16_t four[16][4];
    Py_ssize_t i;
    int k;
    for (k = 0; k < 64; k++) four[k / 4][k % 4] = k / 4 >> k % 4 & 1 ? one : 0;
    for (i = 0; i + 8 <= n; i += 8) {
        memcpy(out + i, four[bits[i / 8] & 15], sizeof four[0]);
        memcpy(out + i + 4, four[bits[i / 8] >> 4], sizeof four[0]);
    }
    for (; i < n; i++) out[i] = bits[i / 8] >> i % 8 & 1 ? one : 0;
}

/* With the signature of a kernel. */
#define CONVERSION(name, function, kind)                                                         \
    static void name##_loop(const void *a, const void *b, const void *c, void *out, Py_ssize_t n, \
                            Py_ssize_t length, const void *parameters) {                          \
        (void)b, (void)c, (void)length, (void)parameters;                                         \
        function(kind, a, out, n);                                                                \
    }

CONVERSION(widen_float16, widen, HALF)
CONVERSION(widen_bfloat16, widen, BRAIN)
CONVERSION(narrow_float16, narrow_plain, HALF)
CONVERSION(narrow_bfloat16, narrow_plain, BRAIN)
CONVERSION(unpack_float16, unpack, HALF)
CONVERSION(unpack_bfloat16, unpack, BRAIN)

SIXTEEN_INLINE void loop(format kind, const void *a, const void *b, const void *c, void *out,
                         Py_ssize_t n, const recipe *r) {
    const uint16_t *const in[3] = {a, b, c};
    if (r->own) {
        r->own(a, b, c, out, n, kind, r);
        return;
    }
    switch (r->doubt) { /* each compiled on its own */
    case UNDERFLOW_TIMES_A:
        run(kind, kind == HALF ? NO_ROOT : UNDERFLOW_TIMES_A, in, out, n, r);
        break;
    case UNDERFLOW_TIMES_B:
        run(kind, kind == HALF ? NO_ROOT : UNDERFLOW_TIMES_B, in, out, n, r);
        break;
    case UNDERFLOW_TIMES_A_AND_B:
        run(kind, kind == HALF ? NO_ROOT : UNDERFLOW_TIMES_A_AND_B, in, out, n, r);
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

#include "lookup.h"

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
#if defined(__AVX2__)
#include "short.h"
#endif
