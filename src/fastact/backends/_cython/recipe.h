/* How a function is computed on arrays of 16 bits: the parameters of the loops in sixteen.h. */
#include <stddef.h>

typedef void (*kernel)(const void *a, const void *b, const void *c, void *out, ptrdiff_t n,
                       ptrdiff_t length, const void *parameters);

/* What besides the distance to a boundary makes a result doubtful: Doubt of doubts.py. */
enum {
    NO_ROOT,
    ROOT,
    ROOT_TIMES_A,
    ROOT_TIMES_A_AND_C,
    ALL_DOUBTFUL,
    EXACT,
    UNDERFLOW_TIMES_A,
    UNDERFLOW_TIMES_A_AND_C,
    UNDERFLOW_TIMES_A_AND_B,
    UNDERFLOW_TIMES_B
};

typedef struct {
    kernel single, wide; /* float32; float64 for doubtful results */
    kernel own;          /* NULL, or a loop without these two; its length is the format */
    const float *single_parameters;
    const double *wide_parameters;
    int inputs;
    int doubt; /* NO_ROOT, ... */
    int reach; /* units in the last place that a float32 result may be off */
    const void *table; /* NULL, or for each pattern its result, or a slope in float32 */
} recipe;
