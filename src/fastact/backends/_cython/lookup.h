/* Arrays of 16 bits by a table of all 65,536 results, or slopes (tables.pxi). With AVX-512 the
   kernels take about as long. */

#if defined(__AVX512F__)
enum { HAS_TABLES = 0 };
#else
enum { HAS_TABLES = 1 };
#endif

enum { AT_ONCE = 8 };

static void results_loop(const void *a, const void *b, const void *c, void *out, Py_ssize_t n,
                         Py_ssize_t kind, const void *parameters) {
    const uint16_t *table = ((const recipe *)parameters)->table, *x = a;
    uint16_t *y = out;
    Py_ssize_t i;
    int k;
    (void)b, (void)c, (void)kind;
    for (i = 0; i + AT_ONCE <= n; i += AT_ONCE) {
        uint16_t found[AT_ONCE];
        for (k = 0; k < AT_ONCE; k++) found[k] = table[x[i + k]];
        memcpy(y + i, found, sizeof found);
    }
    for (; i < n; i++) y[i] = table[x[i]];
}

/* The product that the kernel would make, and as doubtful: a slope, looked up at one of its inputs
   a, b and c, times others of them. */
typedef enum { TIMES_A, TIMES_B, TIMES_A_AND_B, TIMES_A_AND_C } product;
typedef struct {
    const uint16_t *a, *b, *c, *x;
} factors;

SIXTEEN_INLINE group inputs_at(format kind, factors f, Py_ssize_t i, int count) {
    return (group){widened_at(kind, f.a, i, count), widened_at(kind, f.b, i, count),
                   widened_at(kind, f.c, i, count), {0}};
}

SIXTEEN_INLINE floats product_of(product of, group x, const float *slope) {
    const floats s = load_floats(slope);
    switch (of) {
    case TIMES_A: return x.a * s;
    case TIMES_B: return x.b * s;
    case TIMES_A_AND_B: return x.a * x.b * s;
    default: return x.a * x.c * s;
    }
}

SIXTEEN_INLINE void run_slopes(manner how, product of, factors f, uint16_t *out, Py_ssize_t n,
                               const recipe *r) {
    const float *slopes = r->table;
    float s[BLOCK];
    doubts d;
    Py_ssize_t start, i;
    begin_doubts(&d, how, r);
    for (start = 0; start < n; start += BLOCK) {
        const Py_ssize_t count = n - start < BLOCK ? n - start : BLOCK;
        if (start % FARTHEST == 0) place_doubts(&d, out + start);
        for (i = 0; i < count; i++) s[i] = slopes[f.x[start + i]];
        for (i = 0; i + 2 * GROUP <= count; i += 2 * GROUP) {
            const Py_ssize_t k = start + i;
            const group g = inputs_at(how.kind, f, k, GROUP);
            const group h = inputs_at(how.kind, f, k + GROUP, GROUP);
            narrow_two(how, &d, product_of(of, g, s + i), product_of(of, h, s + i + GROUP), g, h,
                       out + k);
        }
        for (; i < count; i += GROUP) {
            const int rest = count - i < GROUP ? (int)(count - i) : GROUP;
            const group g = inputs_at(how.kind, f, start + i, rest);
            floats y;
            memset(s + i + rest, 0, (size_t)(GROUP - rest) * sizeof *s);
            y = product_of(of, g, s + i);
            look_closer(&d, &y, &g, out + start + i, rest);
        }
    }
    if (d.count) settle(&d);
}

SIXTEEN_INLINE void run_products(Py_ssize_t kind, product of, factors f, uint16_t *out,
                                 Py_ssize_t n, const recipe *r) {
    const manner half = {HALF, NO_ROOT, (unsigned)r->reach, 0};
    const int of_two = of == TIMES_A || of == TIMES_B;
    const manner brain = {BRAIN, of_two ? MARKED : MARKED_OF_THREE, (unsigned)r->reach, 0};
    if (kind == HALF)
        run_slopes(half, of, f, out, n, r);
    else
        run_slopes(brain, of, f, out, n, r);
}

#define PRODUCT_LOOP(name, of, x)                                                         \
    static void name##_loop(const void *a, const void *b, const void *c, void *out,       \
                            Py_ssize_t n, Py_ssize_t kind, const void *parameters) {      \
        const factors f = {a, b, c, x};                                                   \
        run_products(kind, of, f, out, n, parameters);                                    \
    }

PRODUCT_LOOP(a_at_b, TIMES_A, b)
PRODUCT_LOOP(b_at_a, TIMES_B, a)
PRODUCT_LOOP(a_at_c, TIMES_A, c)
PRODUCT_LOOP(ab_at_c, TIMES_A_AND_B, c)
PRODUCT_LOOP(ac_at_b, TIMES_A_AND_C, b)
