/* Piecewise polynomials (formulas/segments.py): out[i] is that of x[i], or of its size if
   the table IS_SYMMETRIC. Returns whether any x[i] lies beyond the table's end on the side
   FAR says. A table's first 32 numbers are the centres, then come the coefficients, lowest
   first. Here alone vectors are written by hand: compilers turn a lookup into loads.

   AVX-512 has 32 numbers in two registers, and one instruction that picks 16 of them. AVX2
   picks from 8, so 32 are four picks and three selections, or a gather; both by turns, as
   they wait for different units: 0.97 ns a number for degree 5, against 1.1 by gathers alone
   and 1.34 by picks alone. */

enum { SEGMENTS_COUNT = 32, FAR_NONE = 0, FAR_LEFT = 1, FAR_RIGHT = 2, FAR_BOTH = 3 };

#define SEGMENTS_ROUND 12582912.0f

#ifdef _MSC_VER
#define SEGMENTS_INLINE static __forceinline
#else
#define SEGMENTS_INLINE static inline __attribute__((always_inline))
#endif

#if defined(__AVX512F__)
#include <immintrin.h>

SEGMENTS_INLINE __m512 pick(const float *row, __m512i k) {
    return _mm512_permutex2var_ps(_mm512_loadu_ps(row), k, _mm512_loadu_ps(row + 16));
}

SEGMENTS_INLINE int segments(const float *table, int degree, float per_unit, float lowest,
                             float highest, int is_symmetric, int far, const float *x,
                             float *out, Py_ssize_t n) {
    const __m512 slope = _mm512_set1_ps(per_unit), round = _mm512_set1_ps(SEGMENTS_ROUND);
    const __m512 bottom = _mm512_set1_ps(lowest), top = _mm512_set1_ps(highest);
    __m512 least = _mm512_setzero_ps(), largest = _mm512_setzero_ps();
    Py_ssize_t i;
    int d;
    for (i = 0; i < n; i += 16) {
        const __mmask16 there = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : 0xffff;
        const __m512 v = _mm512_maskz_loadu_ps(there, x + i);
        __m512 t, u, p;
        __m512i k;
        /* A minimum or maximum is its second argument where one of them is not a number. */
        if (far & FAR_LEFT) least = _mm512_min_ps(v, least);
        if (far & FAR_RIGHT) largest = _mm512_max_ps(v, largest);
        t = is_symmetric ? _mm512_abs_ps(v) : _mm512_max_ps(bottom, v);
        t = _mm512_min_ps(top, t);
        k = _mm512_castps_si512(_mm512_fmadd_ps(t, slope, round));
        u = _mm512_sub_ps(t, pick(table, k));
        p = pick(table + SEGMENTS_COUNT * (degree + 1), k);
        for (d = degree; d > 0; d--) p = _mm512_fmadd_ps(p, u, pick(table + SEGMENTS_COUNT * d, k));
        _mm512_mask_storeu_ps(out + i, there, p);
    }
    return _mm512_cmp_ps_mask(least, bottom, _CMP_LT_OQ) ||
           _mm512_cmp_ps_mask(largest, top, _CMP_GT_OQ);
}

#elif defined(__AVX2__)
#include <immintrin.h>

SEGMENTS_INLINE __m256 pick(const float *row, __m256i k, int gather) {
    if (gather) {
        return _mm256_i32gather_ps(row, _mm256_and_si256(k, _mm256_set1_epi32(SEGMENTS_COUNT - 1)), 4);
    } else {
        const __m256 eights = _mm256_castsi256_ps(_mm256_slli_epi32(k, 28));
        const __m256 sixteens = _mm256_castsi256_ps(_mm256_slli_epi32(k, 27));
        const __m256 a = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row), k);
        const __m256 b = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + 8), k);
        const __m256 c = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + 16), k);
        const __m256 d = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + 24), k);
        return _mm256_blendv_ps(_mm256_blendv_ps(a, b, eights), _mm256_blendv_ps(c, d, eights),
                                sixteens);
    }
}

SEGMENTS_INLINE int segments(const float *table, int degree, float per_unit, float lowest,
                             float highest, int is_symmetric, int far, const float *x,
                             float *out, Py_ssize_t n) {
    const __m256 slope = _mm256_set1_ps(per_unit), round = _mm256_set1_ps(SEGMENTS_ROUND);
    const __m256 bottom = _mm256_set1_ps(lowest), top = _mm256_set1_ps(highest);
    const __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256 least = _mm256_setzero_ps(), largest = _mm256_setzero_ps();
    Py_ssize_t i;
    int d;
    for (i = 0; i < n; i += 8) {
        const int rest = n - i < 8 ? (int)(n - i) : 8;
        const __m256i there = _mm256_cmpgt_epi32(_mm256_set1_epi32(rest), places);
        const __m256 v = _mm256_maskload_ps(x + i, there);
        __m256 t, u, p;
        __m256i k;
        if (far & FAR_LEFT) least = _mm256_min_ps(v, least);
        if (far & FAR_RIGHT) largest = _mm256_max_ps(v, largest);
        t = is_symmetric ? _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v) : _mm256_max_ps(bottom, v);
        t = _mm256_min_ps(top, t);
        k = _mm256_castps_si256(_mm256_fmadd_ps(t, slope, round));
        u = _mm256_sub_ps(t, pick(table, k, 1));
        p = pick(table + SEGMENTS_COUNT * (degree + 1), k, 1);
        for (d = degree; d > 0; d--) {
            p = _mm256_fmadd_ps(p, u, pick(table + SEGMENTS_COUNT * d, k, d % 2));
        }
        _mm256_maskstore_ps(out + i, there, p);
    }
    return _mm256_movemask_ps(_mm256_cmp_ps(least, bottom, _CMP_LT_OQ)) ||
           _mm256_movemask_ps(_mm256_cmp_ps(largest, top, _CMP_GT_OQ));
}

#else

SEGMENTS_INLINE int segments(const float *table, int degree, float per_unit, float lowest,
                             float highest, int is_symmetric, int far, const float *x,
                             float *out, Py_ssize_t n) {
    int any = 0, d;
    Py_ssize_t i;
    for (i = 0; i < n; i++) {
        float t = is_symmetric ? absolute_real(x[i]) : x[i], u, p;
        int k;
        any |= (far & FAR_LEFT) && x[i] < lowest;
        any |= (far & FAR_RIGHT) && x[i] > highest;
        t = lowest > t ? lowest : t;
        t = highest < t ? highest : t;
        k = to_bits(fma_real(t, per_unit, SEGMENTS_ROUND)) & (SEGMENTS_COUNT - 1);
        u = t - table[k];
        p = table[SEGMENTS_COUNT * (degree + 1) + k];
        for (d = degree; d > 0; d--) p = fma_real(p, u, table[SEGMENTS_COUNT * d + k]);
        out[i] = p;
    }
    return any;
}

#endif
