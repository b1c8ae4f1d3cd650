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

SIXTEEN_INLINE group widened_two(format kind, const uint16_t *dy, const uint16_t *x) {
    const floats a = widened(kind, load_shorts(dy)), b = widened(kind, load_shorts(x));
    return (group){a, b, b};
}

/* dy times the slope at x: the product that the kernel would make, and as doubtful. */
SIXTEEN_INLINE void run_slopes(format kind, int doubt, const uint16_t *dy, const uint16_t *x,
                               uint16_t *out, Py_ssize_t n, const recipe *r) {
    const manner how = {kind, doubt, (unsigned)r->reach};
    const float *slopes = r->table;
    float s[BLOCK];
    doubts d;
    Py_ssize_t start, i;
    begin_doubts(&d, how, r);
    for (start = 0; start < n; start += BLOCK, dy += BLOCK, x += BLOCK, out += BLOCK) {
        const Py_ssize_t count = n - start < BLOCK ? n - start : BLOCK;
        if (start % FARTHEST == 0) place_doubts(&d, out);
        for (i = 0; i < count; i++) s[i] = slopes[x[i]];
        for (i = 0; i + 2 * GROUP <= count; i += 2 * GROUP) {
            const group g = widened_two(kind, dy + i, x + i);
            const group h = widened_two(kind, dy + i + GROUP, x + i + GROUP);
            narrow_two(how, &d, g.a * load_floats(s + i), h.a * load_floats(s + i + GROUP), g, h,
                       out + i);
        }
        for (; i < count; i += GROUP) {
            const int rest = count - i < GROUP ? (int)(count - i) : GROUP;
            uint16_t last[2][GROUP] = {{0}};
            group g;
            floats y;
            memcpy(last[0], dy + i, (size_t)rest * sizeof *dy);
            memcpy(last[1], x + i, (size_t)rest * sizeof *x);
            g = widened_two(kind, last[0], last[1]);
            memset(s + i + rest, 0, (size_t)(GROUP - rest) * sizeof *s);
            y = g.a * load_floats(s + i);
            look_closer(&d, &y, &g, out + i, rest);
        }
    }
    if (d.count) settle(&d);
}

static void slopes_loop(const void *a, const void *b, const void *c, void *out, Py_ssize_t n,
                        Py_ssize_t kind, const void *parameters) {
    const recipe *r = parameters;
    (void)c;
    if (kind == HALF)
        run_slopes(HALF, NO_ROOT, a, b, out, n, r);
    else
        run_slopes(BRAIN, UNDERFLOW_TIMES_A, a, b, out, n, r);
}
