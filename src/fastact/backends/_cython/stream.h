/* Stores past the caches, for outputs that these could not hold. */
#include <stddef.h>
#include <string.h>

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>

enum { CAN_STREAM = 1, FETCHED_AHEAD = 1 << 12 /* bytes */, STREAM_LINE = 64 };

static inline void fetch_ahead(const char *start, ptrdiff_t bytes) {
    ptrdiff_t k;
    for (k = 0; k < bytes; k += STREAM_LINE)
        _mm_prefetch(start + FETCHED_AHEAD + k, _MM_HINT_T0);
}

/* Both begin with a line of the cache; whole lines are streamed. */
static inline void stream(const char *from, char *to, ptrdiff_t bytes) {
    const ptrdiff_t whole = bytes / STREAM_LINE * STREAM_LINE;
    ptrdiff_t k;
    for (k = 0; k < whole; k += sizeof(__m128i))
        _mm_stream_si128((__m128i *)(to + k), _mm_load_si128((const __m128i *)(from + k)));
    memcpy(to + whole, from + whole, (size_t)(bytes - whole));
}

static inline void end_of_stream(void) { _mm_sfence(); }

#else

enum { CAN_STREAM = 0 };

static inline void fetch_ahead(const char *start, ptrdiff_t bytes) { (void)start, (void)bytes; }
static inline void stream(const char *from, char *to, ptrdiff_t bytes) {
    memcpy(to, from, (size_t)bytes);
}
static inline void end_of_stream(void) {}

#endif
