/* Loops besides the formulas, of the form of a kernel's loop: what the driver does with
   blocks of numbers between two kernels.  Python does the same where these are not built. */
#include <stddef.h>
#include <string.h>

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#define HAS_SSE2
#endif

#define SUPPORT_LOOP(name)                                                             \
    static void name##_loop(const void *first, const void *second, const void *third, \
                            void *result, ptrdiff_t n, ptrdiff_t length, const void *p)

/* Per dtype: a slope s as the integer (s - 1/2) 2**SLOPE_DIGITS, from -LIMIT to LIMIT; NaN is
   one less.  Added to a number, INTEGER leaves its nearest integer in the low bits. */
#ifdef REAL_IS_DOUBLE
typedef int32_t packed_slope;
#define SLOPE_SCALE 2147483648.0
#define SLOPE_LIMIT 2147483647
#define INTEGER 6755399441055744.0
#else
typedef int16_t packed_slope;
#define SLOPE_SCALE 32768.0f
#define SLOPE_LIMIT 32767
#define INTEGER 12582912.0f
#endif

SUPPORT_LOOP(plus) {
    const real *a = first, *b = second;
    real *out = result;
    ptrdiff_t i;
    (void)third, (void)length, (void)p;
    for (i = 0; i < n; i++) out[i] = a[i] + b[i];
}

/* The sum of a row, with the rounding errors carried on: what sum_of does with its blocks. */
SUPPORT_LOOP(carry) {
    const real *a = first;
    real *out = result;
    ptrdiff_t i, k;
    (void)second, (void)third, (void)p;
    for (i = 0; i < n; i++, a += length) {
        real total = 0, lost = 0;
        for (k = 0; k < length; k++) {
            real rounded = total + a[k], part = rounded - total;
            lost += (total - (rounded - part)) + (a[k] - part);
            total = rounded;
        }
        out[i] = lost == lost ? total + lost : total;
    }
}

static inline packed_slope pack_slope(real s) {
    bits whole = to_bits((s * SLOPE_SCALE - SLOPE_SCALE / 2) + INTEGER) - to_bits(INTEGER);
    whole = whole > SLOPE_LIMIT ? SLOPE_LIMIT : whole;
    whole = whole < -SLOPE_LIMIT ? -SLOPE_LIMIT : whole;
    return (packed_slope)(s == s ? whole : -SLOPE_LIMIT - 1);
}

/* Conversions of NaN give the lowest integer, to which saturation packs it: what NaN is to be.
   A minimum or maximum is its second argument where one of them is NaN. */
#if defined(__AVX512F__) && !defined(REAL_IS_DOUBLE)
enum { SLOPES_AT_ONCE = 16 };

static inline void pack_several(const float *slopes, int16_t *out) {
    __m512 s = _mm512_fmadd_ps(_mm512_loadu_ps(slopes), _mm512_set1_ps(SLOPE_SCALE),
                               _mm512_set1_ps(-SLOPE_SCALE / 2));
    s = _mm512_max_ps(_mm512_set1_ps(-SLOPE_LIMIT), s);
    _mm256_storeu_si256((__m256i *)out, _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(s)));
}
#elif defined(__AVX2__) && !defined(REAL_IS_DOUBLE)
enum { SLOPES_AT_ONCE = 16 };

static inline __m256i eight_slopes(const float *slopes) {
    __m256 s = _mm256_fmadd_ps(_mm256_loadu_ps(slopes), _mm256_set1_ps(SLOPE_SCALE),
                               _mm256_set1_ps(-SLOPE_SCALE / 2));
    return _mm256_cvtps_epi32(_mm256_max_ps(_mm256_set1_ps(-SLOPE_LIMIT), s));
}

static inline void pack_several(const float *slopes, int16_t *out) {
    __m256i both = _mm256_packs_epi32(eight_slopes(slopes), eight_slopes(slopes + 8));
    _mm256_storeu_si256((__m256i *)out, _mm256_permute4x64_epi64(both, 0xd8));
}
#elif defined(__AVX512F__)
enum { SLOPES_AT_ONCE = 8 };

static inline void pack_several(const double *slopes, int32_t *out) {
    const __m512d limit = _mm512_set1_pd(SLOPE_LIMIT);
    __m512d s = _mm512_fmadd_pd(_mm512_loadu_pd(slopes), _mm512_set1_pd(SLOPE_SCALE),
                                _mm512_set1_pd(-SLOPE_SCALE / 2));
    s = _mm512_min_pd(limit, _mm512_max_pd(_mm512_set1_pd(-SLOPE_LIMIT), s));
    _mm256_storeu_si256((__m256i *)out, _mm512_cvtpd_epi32(s));
}
#elif defined(__AVX2__)
enum { SLOPES_AT_ONCE = 4 };

static inline void pack_several(const double *slopes, int32_t *out) {
    const __m256d limit = _mm256_set1_pd(SLOPE_LIMIT);
    __m256d s = _mm256_fmadd_pd(_mm256_loadu_pd(slopes), _mm256_set1_pd(SLOPE_SCALE),
                                _mm256_set1_pd(-SLOPE_SCALE / 2));
    s = _mm256_min_pd(limit, _mm256_max_pd(_mm256_set1_pd(-SLOPE_LIMIT), s));
    _mm_storeu_si128((__m128i *)out, _mm256_cvtpd_epi32(s));
}
#else
enum { SLOPES_AT_ONCE = 1 };

static inline void pack_several(const real *slopes, packed_slope *out) {
    *out = pack_slope(*slopes);
}
#endif

SUPPORT_LOOP(pack_slopes) {
    const real *slopes = first;
    packed_slope *out = result;
    ptrdiff_t i;
    (void)second, (void)third, (void)length, (void)p;
    for (i = 0; i + SLOPES_AT_ONCE <= n; i += SLOPES_AT_ONCE) pack_several(slopes + i, out + i);
    for (; i < n; i++) out[i] = pack_slope(slopes[i]);
}

SUPPORT_LOOP(times_slopes) {
    const real *dy = first;
    const packed_slope *slopes = second;
    real *out = result;
    ptrdiff_t i;
    (void)third, (void)length, (void)p;
    for (i = 0; i < n; i++) {
        real s = (real)slopes[i] * (1 / SLOPE_SCALE) + (real)0.5;
        out[i] = dy[i] * (slopes[i] == -SLOPE_LIMIT - 1 ? (real)NAN : s);
    }
}

/* A bit for each number, the first in the lowest bit of its byte: 1 where it is not 0. */
#ifdef HAS_SSE2
static inline int bits_of_eight(const real *a) {
#ifdef REAL_IS_DOUBLE
    const __m128d zero = _mm_setzero_pd();
    int byte = 0, k;
    for (k = 0; k < 8; k += 2)
        byte |= _mm_movemask_pd(_mm_cmpneq_pd(_mm_loadu_pd(a + k), zero)) << k;
    return byte;
#else
    const __m128 zero = _mm_setzero_ps();
    return _mm_movemask_ps(_mm_cmpneq_ps(_mm_loadu_ps(a), zero)) |
           _mm_movemask_ps(_mm_cmpneq_ps(_mm_loadu_ps(a + 4), zero)) << 4;
#endif
}
#else
static inline int bits_of_eight(const real *a) {
    int byte = 0, k;
    for (k = 0; k < 8; k++) byte |= (a[k] != 0) << k;
    return byte;
}
#endif

SUPPORT_LOOP(pack_bits) {
    const real *a = first;
    unsigned char *out = result;
    ptrdiff_t i;
    (void)second, (void)third, (void)length, (void)p;
    for (i = 0; i + 8 <= n; i += 8) out[i / 8] = (unsigned char)bits_of_eight(a + i);
    if (i < n) {
        real last[8] = {0};
        memcpy(last, a + i, (size_t)(n - i) * sizeof(real));
        out[i / 8] = (unsigned char)bits_of_eight(last);
    }
}

/* By table, four at a time: compilers make 0.4 to 1 ns a number of a test of each bit. */
SUPPORT_LOOP(unpack_bits) {
    static const real four[16][4] = {
        {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 1, 0}, {1, 0, 1, 0},
        {0, 1, 1, 0}, {1, 1, 1, 0}, {0, 0, 0, 1}, {1, 0, 0, 1}, {0, 1, 0, 1}, {1, 1, 0, 1},
        {0, 0, 1, 1}, {1, 0, 1, 1}, {0, 1, 1, 1}, {1, 1, 1, 1}};
    const unsigned char *a = first;
    real *out = result;
    ptrdiff_t i;
    (void)second, (void)third, (void)length, (void)p;
    for (i = 0; i + 8 <= n; i += 8) {
        memcpy(out + i, four[a[i / 8] & 15], sizeof four[0]);
        memcpy(out + i + 4, four[a[i / 8] >> 4], sizeof four[0]);
    }
    for (; i < n; i++) out[i] = (real)(a[i / 8] >> i % 8 & 1);
}

/* What a mask of bytes leaves out is the number at p. */
SUPPORT_LOOP(select) {
    const real *a = first, left_out = *(const real *)p;
    const unsigned char *mask = second;
    real *out = result;
    ptrdiff_t i;
    (void)third, (void)length;
    for (i = 0; i < n; i++) {
        const real number = a[i];
        out[i] = mask[i] ? number : left_out;
    }
}

/* n rows of ``length`` numbers; p tells the strides of a and of out. Of few numbers at a time
   memcpy took 60 % of softmax along a first axis. */
enum { ROWS_AHEAD = 8 };

static inline void copy_numbers(const real *a, real *out, ptrdiff_t n) {
    ptrdiff_t i;
    for (i = 0; i < n; i++) out[i] = a[i];
}

static inline void fetch_numbers(const real *a, ptrdiff_t n) {
    ptrdiff_t i;
    for (i = 0; i < n; i += 64 / (ptrdiff_t)sizeof(real)) fetch_line(a + i);
}

SUPPORT_LOOP(copy_rows) {
    const ptrdiff_t *strides = p, stride = strides[0], out_stride = strides[1];
    const real *a = first;
    real *out = result;
    ptrdiff_t row;
    (void)second, (void)third;
    for (row = 0; row < n; row++, a += stride, out += out_stride) {
        if (row + ROWS_AHEAD < n) {
            fetch_numbers(a + ROWS_AHEAD * stride, length);
            fetch_numbers(out + ROWS_AHEAD * out_stride, length);
        }
        copy_numbers(a, out, length);
    }
}

/* out[j][i] = a[i][j] for n rows of ``length`` numbers; p tells the strides of a and of out.
   Blocks at the end overlap others: they write the same numbers again. */
#if defined(__AVX__) && !defined(REAL_IS_DOUBLE)
enum { LARGE_SIDE = 8, SIDE = 4 };

static inline __m256 two_quarters(const real *low, const real *high) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
}

/* Four rows of the result: from four columns of eight rows, of which i and i + 4 share a vector. */
static inline void transpose_half(const real *a, real *out, ptrdiff_t s,
                                  ptrdiff_t out_stride) {
    __m256 r0 = two_quarters(a, a + 4 * s), r1 = two_quarters(a + s, a + 5 * s);
    __m256 r2 = two_quarters(a + 2 * s, a + 6 * s), r3 = two_quarters(a + 3 * s, a + 7 * s);
    __m256 low01 = _mm256_unpacklo_ps(r0, r1), high01 = _mm256_unpackhi_ps(r0, r1);
    __m256 low23 = _mm256_unpacklo_ps(r2, r3), high23 = _mm256_unpackhi_ps(r2, r3);
    _mm256_storeu_ps(out, _mm256_shuffle_ps(low01, low23, 0x44));
    _mm256_storeu_ps(out + out_stride, _mm256_shuffle_ps(low01, low23, 0xEE));
    _mm256_storeu_ps(out + 2 * out_stride, _mm256_shuffle_ps(high01, high23, 0x44));
    _mm256_storeu_ps(out + 3 * out_stride, _mm256_shuffle_ps(high01, high23, 0xEE));
}

static inline void transpose_large(const real *a, real *out, ptrdiff_t stride,
                                   ptrdiff_t out_stride) {
    transpose_half(a, out, stride, out_stride);
    transpose_half(a + 4, out + 4 * out_stride, stride, out_stride);
}
#else
enum { LARGE_SIDE = 4, SIDE = 4 };
#define transpose_large transpose_block
#endif

#if defined(HAS_SSE2) && !defined(REAL_IS_DOUBLE)
static inline void transpose_block(const real *a, real *out, ptrdiff_t stride,
                                   ptrdiff_t out_stride) {
    __m128 r0 = _mm_loadu_ps(a), r1 = _mm_loadu_ps(a + stride);
    __m128 r2 = _mm_loadu_ps(a + 2 * stride), r3 = _mm_loadu_ps(a + 3 * stride);
    _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
    _mm_storeu_ps(out, r0);
    _mm_storeu_ps(out + out_stride, r1);
    _mm_storeu_ps(out + 2 * out_stride, r2);
    _mm_storeu_ps(out + 3 * out_stride, r3);
}
#elif defined(__AVX__)
static inline __m256d two_halves(const real *low, const real *high) {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(low)), _mm_loadu_pd(high), 1);
}

/* Two rows of the result: from two columns of four rows, of which i and i + 2 share a vector. */
static inline void transpose_half(const real *a, real *out, ptrdiff_t s,
                                  ptrdiff_t out_stride) {
    __m256d r0 = two_halves(a, a + 2 * s), r1 = two_halves(a + s, a + 3 * s);
    _mm256_storeu_pd(out, _mm256_unpacklo_pd(r0, r1));
    _mm256_storeu_pd(out + out_stride, _mm256_unpackhi_pd(r0, r1));
}

static inline void transpose_block(const real *a, real *out, ptrdiff_t stride,
                                   ptrdiff_t out_stride) {
    transpose_half(a, out, stride, out_stride);
    transpose_half(a + 2, out + 2 * out_stride, stride, out_stride);
}
#else
static inline void transpose_block(const real *a, real *out, ptrdiff_t stride,
                                   ptrdiff_t out_stride) {
    ptrdiff_t i, j;
    for (i = 0; i < SIDE; i++)
        for (j = 0; j < SIDE; j++) out[j * out_stride + i] = a[i * stride + j];
}
#endif

static inline ptrdiff_t begin_block(ptrdiff_t at, ptrdiff_t side, ptrdiff_t n) {
    return at + side <= n ? at : n - side;
}

SUPPORT_LOOP(transpose) {
    const real *a = first;
    const ptrdiff_t *strides = p;
    real *out = result;
    ptrdiff_t i, j, row, column, stride = strides[0], out_stride = strides[1];
    ptrdiff_t side = n < length ? n : length;
    (void)second, (void)third;
    side = side >= LARGE_SIDE ? LARGE_SIDE : side >= SIDE ? SIDE : 1;
    for (i = 0; i < n; i += side) {
        row = begin_block(i, side, n);
        for (j = 0; j < length; j += side) {
            const real *from;
            real *to;
            column = begin_block(j, side, length);
            from = a + row * stride + column;
            to = out + column * out_stride + row;
            if (side == LARGE_SIDE)
                transpose_large(from, to, stride, out_stride);
            else if (side == SIDE)
                transpose_block(from, to, stride, out_stride);
            else
                *to = *from;
        }
    }
}
