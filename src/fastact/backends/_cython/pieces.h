/* Which of a few numbers is meant, as bytes and as a kernel's numbers. */
#include <stddef.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("O3") /* for vectors: with -O2 these take most of the time */
#endif

static int are_below(const unsigned char *bytes, ptrdiff_t n, int bound) {
    unsigned char highest = 0;
    ptrdiff_t i;
    for (i = 0; i < n; i++) highest = bytes[i] > highest ? bytes[i] : highest;
    return highest < bound;
}

static void bytes_of_numbers(const void *numbers, unsigned char *bytes, ptrdiff_t n, size_t item) {
    ptrdiff_t i;
    if (item == sizeof(float))
        for (i = 0; i < n; i++) bytes[i] = (unsigned char)(int)((const float *)numbers)[i];
    else
        for (i = 0; i < n; i++) bytes[i] = (unsigned char)(int)((const double *)numbers)[i];
}

static void numbers_of_bytes(const unsigned char *bytes, void *numbers, ptrdiff_t n, size_t item) {
    ptrdiff_t i;
    if (item == sizeof(float))
        for (i = 0; i < n; i++) ((float *)numbers)[i] = (float)(int)bytes[i];
    else
        for (i = 0; i < n; i++) ((double *)numbers)[i] = (double)(int)bytes[i];
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
