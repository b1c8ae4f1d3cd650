/* Short kernels on groups of numbers, in registers from 16 bits to 16 bits: what short.py
   prints. With AVX2 and AVX-512. */

enum { MOST_PARAMETERS = 8 };

#undef CYTHON_INLINE
#define CYTHON_INLINE inline __attribute__((always_inline))

typedef floats (*short_kernel)(floats a, floats b, floats c, const float *p);

SIXTEEN_INLINE floats splat(double literal) { return (floats){0} + (float)literal; }
SIXTEEN_INLINE floats absolute_floats(floats x) { return size_of(x); }
SIXTEEN_INLINE floats negative_floats(floats x) { return (floats)((words)x ^ ~ALL(SIZE_BITS)); }
SIXTEEN_INLINE ints bits_of_floats(floats x) { return (ints)x; }
SIXTEEN_INLINE floats floats_of_bits(ints x) { return (floats)x; }
SIXTEEN_INLINE floats copysign_floats(floats x, floats sign) {
    return (floats)(((words)x & SIZE_BITS) | ((words)sign & ~ALL(SIZE_BITS)));
}

#if defined(__AVX512F__)

SIXTEEN_INLINE floats fma_floats(floats a, floats b, floats c) {
    return (floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
SIXTEEN_INLINE floats sqrt_floats(floats x) { return (floats)_mm512_sqrt_ps((__m512)x); }
#define IS(x, relation, y) _mm512_cmp_ps_mask((__m512)(x), (__m512)(y), relation)
#define CHOSEN(condition, yes, no) _mm512_mask_blend_ps(condition, (__m512)(no), (__m512)(yes))

#elif defined(__AVX2__)

SIXTEEN_INLINE floats fma_floats(floats a, floats b, floats c) {
    return (floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
SIXTEEN_INLINE floats sqrt_floats(floats x) { return (floats)_mm256_sqrt_ps((__m256)x); }
#define IS(x, relation, y) _mm256_cmp_ps((__m256)(x), (__m256)(y), relation)
#define CHOSEN(condition, yes, no) _mm256_blendv_ps((__m256)(no), (__m256)(yes), condition)

#endif

#define CHOICE(name, relation)                                                      \
    SIXTEEN_INLINE floats chosen_if_##name(floats x, floats y, floats yes, floats no) { \
        return (floats)CHOSEN(IS(x, relation, y), yes, no);                         \
    }
CHOICE(lt, _CMP_LT_OQ)
CHOICE(le, _CMP_LE_OQ)
CHOICE(gt, _CMP_GT_OQ)
CHOICE(ge, _CMP_GE_OQ)
CHOICE(eq, _CMP_EQ_OQ)
CHOICE(ne, _CMP_NEQ_UQ)

/* The group at i, or but the first of it; what is no input repeats another. */
SIXTEEN_INLINE group widened_group(format kind, int inputs, const uint16_t *const in[3],
                                   Py_ssize_t i, int count) {
    floats x[3];
    int k;
    for (k = 0; k < inputs; k++) x[k] = widened_at(kind, in[k], i, count);
    return (group){x[0], x[inputs > 1], x[inputs - 1], {0}};
}

/* What a kernel gives, or the slope that it gives times a. */
SIXTEEN_INLINE floats result_of(short_kernel kernel_of, manner how, group *x, const float *p) {
    const floats y = kernel_of(x->a, x->b, x->c, p);
    if (!how.few) return y;
    x->slope = y;
    return x->a * y;
}

SIXTEEN_INLINE void short_run(short_kernel kernel_of, int inputs, int parameters, manner how,
                              const uint16_t *const in[3], uint16_t *out, Py_ssize_t n,
                              const recipe *r) {
    float p[MOST_PARAMETERS] = {0}; /* or they are read again after each result */
    doubts d;
    Py_ssize_t start, i;
    memcpy(p, r->single_parameters, (size_t)parameters * sizeof *p);
    begin_doubts(&d, how, r);
    for (start = 0; start < n; start += FARTHEST) {
        const Py_ssize_t stop = n - start < FARTHEST ? n : start + FARTHEST;
        place_doubts(&d, out + start);
        for (i = start; i + 2 * GROUP <= stop; i += 2 * GROUP) {
            group x = widened_group(how.kind, inputs, in, i, GROUP);
            group w = widened_group(how.kind, inputs, in, i + GROUP, GROUP);
            const floats y = result_of(kernel_of, how, &x, p), z = result_of(kernel_of, how, &w, p);
            narrow_two(how, &d, y, z, x, w, out + i);
        }
        for (; i < stop; i += GROUP) {
            const int count = stop - i < GROUP ? (int)(stop - i) : GROUP;
            group x = widened_group(how.kind, inputs, in, i, count);
            const floats y = result_of(kernel_of, how, &x, p);
            look_closer(&d, &y, &x, out + i, count);
        }
    }
    if (d.count) settle(&d);
}

SIXTEEN_INLINE void short_loop(short_kernel kernel_of, int inputs, int parameters, int in_halves,
                               int in_brains, int few, const void *a, const void *b, const void *c,
                               void *out, Py_ssize_t n, Py_ssize_t kind, const recipe *r) {
    const uint16_t *const in[3] = {a, b, c};
    const int of_halves = in_halves == UNDERFLOW_TIMES_A ? NO_ROOT : in_halves;
    const manner half = {HALF, of_halves, (unsigned)r->reach, few};
    const manner brain = {BRAIN, in_brains, (unsigned)r->reach, few};
    if (kind == HALF)
        short_run(kernel_of, inputs, parameters, half, in, out, n, r);
    else
        short_run(kernel_of, inputs, parameters, brain, in, out, n, r);
}
