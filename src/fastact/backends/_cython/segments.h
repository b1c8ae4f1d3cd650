/* Piecewise polynomials (formulas/segments.py): out[i] is that of x[i], or of its size if
   the table IS_SYMMETRIC; slopes[i] is its slope there, if WHAT asks for it. Returns whether any
   x[i] lies beyond the table's end on the side FAR says. Here alone vectors are written by hand:
   compilers turn a lookup into loads.

   With AVX-512 a table has a row of 32 numbers for the centres and for each coefficient, the
   highest first: they fill two registers, from which one instruction picks 16. Elsewhere it
   has SEGMENTS_STRIDE numbers for each piece, in the same order. AVX2 loads those of eight
   numbers and transposes them: sigmoid takes 0.85 ns a number, by gathers 1.1 to 1.3. */

enum { SEGMENTS_COUNT = 32, FAR_NONE = 0, FAR_LEFT = 1, FAR_RIGHT = 2, FAR_BOTH = 3 };

/* What is wanted: values in OUT, slopes in SLOPES, which is OUT where these alone are. */
enum { VALUES = 1, SLOPES = 2 };

/* The most numbers at once; OUT and SLOPES have room for a multiple of 16. */
#define SEGMENTS_MOST 512
#define SEGMENTS_ROUND 12582912.0f
/* Whole registers of four for a centre and degree + 1 coefficients. */
#define SEGMENTS_STRIDE(degree) (((degree) + 5) / 4 * 4)

#ifdef _MSC_VER
#define SEGMENTS_INLINE static __forceinline
#define SEGMENTS_UNROLL
#else
#define SEGMENTS_UNROLL _Pragma("GCC unroll 16")
#define SEGMENTS_INLINE static inline __attribute__((always_inline))
#endif

#if defined(__AVX512F__)
#include <immintrin.h>

SEGMENTS_INLINE __m512 pick(const float *row, __m512i k) {
    return _mm512_permutex2var_ps(_mm512_loadu_ps(row), k, _mm512_loadu_ps(row + 16));
}

SEGMENTS_INLINE int segments(int what, const float *table, int degree, float per_unit,
                             float lowest, float highest, int is_symmetric, int far,
                             const float *x, float *out, float *slopes, Py_ssize_t n,
                             const float *next, float *target) {
    const __m512 steps = _mm512_set1_ps(per_unit), round = _mm512_set1_ps(SEGMENTS_ROUND);
    const __m512 bottom = _mm512_set1_ps(lowest), top = _mm512_set1_ps(highest);
    __m512 least = _mm512_setzero_ps(), largest = _mm512_setzero_ps();
    Py_ssize_t i;
    int j;
    for (i = 0; i < n; i += 16) {
        const __mmask16 there = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : 0xffff;
        const __m512 v = _mm512_maskz_loadu_ps(there, x + i);
        /* Used after the block, fetched while it is computed. */
        fetch_line(next + i);
        fetch_line(target + i);
        __m512 t, u, p, slope;
        __m512i k;
        /* A minimum or maximum is its second argument where one of them is not a number. */
        if (far & FAR_LEFT) least = _mm512_min_ps(v, least);
        if (far & FAR_RIGHT) largest = _mm512_max_ps(v, largest);
        t = is_symmetric ? _mm512_abs_ps(v) : _mm512_max_ps(bottom, v);
        t = _mm512_min_ps(top, t);
        k = _mm512_castps_si512(_mm512_fmadd_ps(t, steps, round));
        u = _mm512_sub_ps(t, pick(table, k));
        p = slope = pick(table + SEGMENTS_COUNT, k);
        SEGMENTS_UNROLL
        for (j = 2; j < degree + 2; j++) {
            if ((what & SLOPES) && j > 2) slope = _mm512_fmadd_ps(slope, u, p);
            p = _mm512_fmadd_ps(p, u, pick(table + SEGMENTS_COUNT * j, k));
        }
        if (what & VALUES) _mm512_mask_storeu_ps(out + i, there, p);
        if (what & SLOPES) _mm512_mask_storeu_ps(slopes + i, there, slope);
    }
    return _mm512_cmp_ps_mask(least, bottom, _CMP_LT_OQ) ||
           _mm512_cmp_ps_mask(largest, top, _CMP_GT_OQ);
}

#elif defined(__AVX2__)
#include <immintrin.h>

/* Four numbers from each of eight places, as columns. */
SEGMENTS_INLINE void pick4(const float *table, const unsigned *place, __m256 column[4]) {
    __m256 row[4], a, b, c, d, middle;
    int j;
    SEGMENTS_UNROLL
    for (j = 0; j < 4; j++) {
        row[j] = _mm256_castps128_ps256(_mm_loadu_ps(table + place[j]));
        row[j] = _mm256_insertf128_ps(row[j], _mm_loadu_ps(table + place[j + 4]), 1);
    }
    a = _mm256_unpacklo_ps(row[0], row[1]);
    b = _mm256_unpacklo_ps(row[2], row[3]);
    c = _mm256_unpackhi_ps(row[0], row[1]);
    d = _mm256_unpackhi_ps(row[2], row[3]);
    /* A shuffle and two blends for two shuffles: only one unit shuffles. */
    middle = _mm256_shuffle_ps(a, b, 0x4e);
    column[0] = _mm256_blend_ps(a, middle, 0xcc);
    column[1] = _mm256_blend_ps(b, middle, 0x33);
    middle = _mm256_shuffle_ps(c, d, 0x4e);
    column[2] = _mm256_blend_ps(c, middle, 0xcc);
    column[3] = _mm256_blend_ps(d, middle, 0x33);
}

SEGMENTS_INLINE int segments(int what, const float *table, int degree, float per_unit,
                             float lowest, float highest, int is_symmetric, int far,
                             const float *x, float *out, float *slopes, Py_ssize_t n,
                             const float *next, float *target) {
    /* Places first, for all: what has to wait for them would fill the scheduler. */
    unsigned place[SEGMENTS_MOST];
    int any = 0, j;
    Py_ssize_t i;
    for (i = 0; i < n; i += 16) {
        fetch_line(next + i);
        fetch_line(target + i);
    }
    for (i = 0; i < n; i++) {
        float t = is_symmetric ? absolute_real(x[i]) : x[i];
        any |= ((far & FAR_LEFT) && x[i] < lowest) | ((far & FAR_RIGHT) && x[i] > highest);
        t = lowest > t ? lowest : t;
        t = highest < t ? highest : t;
        out[i] = t;
        place[i] = (to_bits(fma_real(t, per_unit, SEGMENTS_ROUND)) & (SEGMENTS_COUNT - 1)) *
                   SEGMENTS_STRIDE(degree);
    }
    for (; i % 8; i++) place[i] = 0;
    for (i = 0; i < n; i += 8) {
        const __m256 t = _mm256_loadu_ps(out + i);
        __m256 column[4], u, p, slope;
        SEGMENTS_UNROLL
        for (j = 0; j < degree + 2; j++) {
            if (j % 4 == 0) pick4(table + j, place + i, column);
            if (j == 0) u = _mm256_sub_ps(t, column[0]);
            if (j == 1) p = slope = column[1];
            if ((what & SLOPES) && j > 2) slope = _mm256_fmadd_ps(slope, u, p);
            if (j > 1) p = _mm256_fmadd_ps(p, u, column[j % 4]);
        }
        if (what & VALUES) _mm256_storeu_ps(out + i, p);
        if (what & SLOPES) _mm256_storeu_ps(slopes + i, slope);
    }
    return any;
}

#else

SEGMENTS_INLINE int segments(int what, const float *table, int degree, float per_unit,
                             float lowest, float highest, int is_symmetric, int far,
                             const float *x, float *out, float *slopes, Py_ssize_t n,
                             const float *next, float *target) {
    int any = 0, j;
    Py_ssize_t i;
    (void)next, (void)target;
    for (i = 0; i < n; i++) {
        float t = is_symmetric ? absolute_real(x[i]) : x[i], u, p, slope;
        const float *piece;
        any |= (far & FAR_LEFT) && x[i] < lowest;
        any |= (far & FAR_RIGHT) && x[i] > highest;
        t = lowest > t ? lowest : t;
        t = highest < t ? highest : t;
        piece = table + SEGMENTS_STRIDE(degree) *
                            (to_bits(fma_real(t, per_unit, SEGMENTS_ROUND)) & (SEGMENTS_COUNT - 1));
        u = t - piece[0];
        p = slope = piece[1];
        for (j = 2; j < degree + 2; j++) {
            if ((what & SLOPES) && j > 2) slope = fma_real(slope, u, p);
            p = fma_real(p, u, piece[j]);
        }
        if (what & VALUES) out[i] = p;
        if (what & SLOPES) slopes[i] = slope;
    }
    return any;
}

#endif
