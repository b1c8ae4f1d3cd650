# cython: language_level=3, cdivision=True, freethreading_compatible=True
"""The loops over arrays of 16 bits, by address; their parameters are a recipe."""

# Their arguments are those of a kernel; here only addresses are taken.
cdef extern from "sixteen.h":
    void float16_loop() noexcept nogil
    void bfloat16_loop() noexcept nogil
    void widen_float16_loop() noexcept nogil
    void widen_bfloat16_loop() noexcept nogil
    void narrow_float16_loop() noexcept nogil
    void narrow_bfloat16_loop() noexcept nogil
    void unpack_float16_loop() noexcept nogil
    void unpack_bfloat16_loop() noexcept nogil
    void results_loop() noexcept nogil
    void a_at_b_loop() noexcept nogil
    void b_at_a_loop() noexcept nogil
    void a_at_c_loop() noexcept nogil
    void ac_at_b_loop() noexcept nogil
    void ab_at_c_loop() noexcept nogil
    bint HAS_TABLES

LOOPS = {"float16": <size_t>&float16_loop, "bfloat16": <size_t>&bfloat16_loop}
# To float32 and back, and the bits of a mask as numbers.
SUPPORT = {
    "widen_float16": <size_t>&widen_float16_loop,
    "widen_bfloat16": <size_t>&widen_bfloat16_loop,
    "narrow_float16": <size_t>&narrow_float16_loop,
    "narrow_bfloat16": <size_t>&narrow_bfloat16_loop,
    "unpack_float16": <size_t>&unpack_float16_loop,
    "unpack_bfloat16": <size_t>&unpack_bfloat16_loop,
}
# What is looked up, where that is faster: results, or slopes at one input to multiply others with.
TABLES = {
    "results": <size_t>&results_loop,
    "a_at_b": <size_t>&a_at_b_loop,
    "b_at_a": <size_t>&b_at_a_loop,
    "a_at_c": <size_t>&a_at_c_loop,
    "ac_at_b": <size_t>&ac_at_b_loop,
    "ab_at_c": <size_t>&ab_at_c_loop,
} if HAS_TABLES else {}
