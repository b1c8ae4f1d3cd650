/* Patterns of 16 bits, and their places in the order of the numbers: what choices.py prints. */
#include <stdint.h>

typedef uint16_t pattern;

static inline pattern infinity_of(format kind) { return kind == HALF ? 0x7c00 : 0x7f80; }
static inline pattern quiet_of(format kind) { return kind == HALF ? 0x200 : 0x40; }

/* -1 for -0, 0 for 0, and so on. */
static inline int16_t place_of(pattern x) {
    return (int16_t)(x ^ (((int16_t)x >> 15) & 0x7fff));
}

static inline pattern pattern_of(format kind, float x) {
    const floats same = x - (floats){0}; /* a sum would lose the sign of -0 */
    return rounded(kind, same)[0];
}

static inline float number_at(format kind, int place) {
    const shorts same = (shorts){0} + place_of((pattern)place); /* its own inverse */
    return widened(kind, same)[0];
}

/* The place of the last number that is at most x; rounding leads to it or next to it. */
static inline int16_t last_up_to(format kind, float x) {
    int place = place_of(pattern_of(kind, x));
    while (number_at(kind, place) > x) place--;
    while (number_at(kind, place + 1) <= x) place++;
    return (int16_t)place;
}

static inline int16_t last_below(format kind, float x) {
    int place = place_of(pattern_of(kind, x));
    while (number_at(kind, place) >= x) place--;
    while (number_at(kind, place + 1) < x) place++;
    return (int16_t)place;
}

static inline int is_up_to(pattern x, int16_t last) { return place_of(x) <= last; }
static inline int is_beyond(pattern x, int16_t last) { return place_of(x) > last; }
static inline int is_nan(pattern x, pattern infinity) { return (x & 0x7fff) > infinity; }
static inline pattern chosen(int condition, pattern yes, pattern no) {
    return condition ? yes : no;
}

/* NaN become quiet, as in all arithmetic. */
static inline pattern quieted(pattern x, pattern infinity, pattern quiet) {
    return x | (is_nan(x, infinity) ? quiet : 0);
}
