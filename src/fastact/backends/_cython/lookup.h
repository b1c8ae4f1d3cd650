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

/* a, or a times ``by``, times the slope at ``x``: the product that the kernel would make, and as
   doubtful; a, b and c are what that has as inputs. */
typedef struct {
    const uint16_t *a, *b, *c, *by, *x;
} factors;

SIXTEEN_INLINE group inputs_at(format kind, factors f, Py_ssize_t i, int count) {
    return (group){widened_at(kind, f.a, i, count), widened_at(kind, f.b, i, count),
                   widened_at(kind, f.c, i, count)};
}

SIXTEEN_INLINE floats product_at(format kind, int three, factors f, group x, const float *slope,
                                 Py_ssize_t i, int count) {
    const floats product = three ? x.a * widened_at(kind, f.by, i, count) : x.a;
    return product * load_floats(slope);
}

SIXTEEN_INLINE void run_slopes(format kind, int doubt, int three, factors f, uint16_t *out,
                               Py_ssize_t n, const recipe *r) {
    const manner how = {kind, doubt, (unsigned)r->reach};
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
            const group g = inputs_at(kind, f, k, GROUP), h = inputs_at(kind, f, k + GROUP, GROUP);
            narrow_two(how, &d, product_at(kind, three, f, g, s + i, k, GROUP),
                       product_at(kind, three, f, h, s + i + GROUP, k + GROUP, GROUP), g, h,
                       out + k);
        }
        for (; i < count; i += GROUP) {
            const Py_ssize_t k = start + i;
            const int rest = count - i < GROUP ? (int)(count - i) : GROUP;
            const group g = inputs_at(kind, f, k, rest);
            floats y;
            memset(s + i + rest, 0, (size_t)(GROUP - rest) * sizeof *s);
            y = product_at(kind, three, f, g, s + i, k, rest);
            look_closer(&d, &y, &g, out + k, rest);
        }
    }
    if (d.count) settle(&d);
}

SIXTEEN_INLINE void run_products(Py_ssize_t kind, int in_brains, int three, factors f,
                                 uint16_t *out, Py_ssize_t n, const recipe *r) {
    if (kind == HALF)
        run_slopes(HALF, NO_ROOT, three, f, out, n, r);
    else
        run_slopes(BRAIN, in_brains, three, f, out, n, r);
}

/* Of a gradient by an input, or by the value of a gate. */
static void product_of_two(Py_ssize_t kind, factors f, uint16_t *out, Py_ssize_t n,
                           const recipe *r) {
    run_products(kind, UNDERFLOW_TIMES_A, 0, f, out, n, r);
}

/* Of a gradient by a gate. */
static void product_of_three(Py_ssize_t kind, factors f, uint16_t *out, Py_ssize_t n,
                             const recipe *r) {
    run_products(kind, UNDERFLOW_TIMES_A_AND_C, 1, f, out, n, r);
}

/* A loop named for where the slopes are looked up, and what they are multiplied with. */
#define PRODUCT_LOOP(name, product, by, x)                                                    static void name##_loop(const void *a, const void *b, const void *c, void *out,                                   Py_ssize_t n, Py_ssize_t kind, const void *parameters) {              const factors f = {a, b, c, by, x};                                                       product(kind, f, out, n, parameters);                                                 }

PRODUCT_LOOP(at_b, product_of_two, NULL, b)
PRODUCT_LOOP(at_c, product_of_two, NULL, c)
PRODUCT_LOOP(at_b_times_c, product_of_three, c, b)
PRODUCT_LOOP(at_c_times_b, product_of_three, b, c)
