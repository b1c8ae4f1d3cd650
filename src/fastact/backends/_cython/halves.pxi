# Numbers of 16 bits between kernels: what is no kernel is computed in float32 and rounded once.


cdef enum:
    WIDENED = 16


# Loops of sixteen.pyx for one of the formats; NULL for float32 and float64.
cdef struct Half:
    loop_t widen  # writes whole groups of up to WIDENED numbers; the rest is anything
    loop_t narrow
    loop_t unpack  # bits to ones and zeros


cdef Half no_half = Half(NULL, NULL, NULL)


cdef void plus_in_16_bits(
    const Half* half, loop_t plus, const char* a, const char* b, Py_ssize_t n, char* out
) noexcept nogil:
    """Sums.  Rounded to float32 and then to a format of 16 bits they are rounded right."""
    cdef float[BLOCK] first, second
    cdef Py_ssize_t start = 0, k
    while start < n:
        k = min(<Py_ssize_t>BLOCK, n - start)
        half.widen(a + 2 * start, NULL, NULL, &first[0], k, 1, NULL)
        half.widen(b + 2 * start, NULL, NULL, &second[0], k, 1, NULL)
        plus(&first[0], &second[0], NULL, &first[0], k, 1, NULL)
        half.narrow(&first[0], NULL, NULL, out + 2 * start, k, 1, NULL)
        start += k


cdef void times_slopes_in_16_bits(
    const Half* half, loop_t times, const char* dy, const char* slopes, Py_ssize_t n, char* out
) noexcept nogil:
    """Products with packed slopes, which have 16 bits too."""
    cdef float[BLOCK] wide
    cdef Py_ssize_t start = 0, k
    while start < n:
        k = min(<Py_ssize_t>BLOCK, n - start)
        half.widen(dy + 2 * start, NULL, NULL, &wide[0], k, 1, NULL)
        times(&wide[0], slopes + 2 * start, &wide[0], &wide[0], k, 1, NULL)
        half.narrow(&wide[0], NULL, NULL, out + 2 * start, k, 1, NULL)
        start += k
