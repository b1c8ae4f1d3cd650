/* Numbers in steps brought side by side, and back. Their bytes are copied as they are. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECE = 16, /* bytes */
    FEW_TO_COPY = 128, /* bytes; a call of memcpy takes as long */
    FEW_IN_LOOP = 8
};

/* How a matrix lies: bytes from row to row, and from number to number of a row. */
typedef struct {
    ptrdiff_t row, number;
} steps_of_matrix;

static steps_of_matrix transposed(steps_of_matrix s) {
    return (steps_of_matrix){s.number, s.row};
}

/* Whether the inner loop is better over rows: where a row is very short, or lies far apart. */
static int is_better_by_column(steps_of_matrix from, steps_of_matrix to, ptrdiff_t rows,
                               ptrdiff_t n) {
    if (rows < FEW_IN_LOOP || n < FEW_IN_LOOP) return rows > n;
    return labs(from.row) + labs(to.row) < labs(from.number) + labs(to.number);
}

#define MOVE(type)                                               \
    for (i = 0; i < n; i++) {                                    \
        type number;                                             \
        memcpy(&number, from + i * from_step, sizeof number);    \
        memcpy(to + i * to_step, &number, sizeof number);        \
    }

/* What lies together; the last piece may overlap the one before. */
static void copy_row(const char *from, char *to, ptrdiff_t bytes) {
    ptrdiff_t i;
    if (bytes > FEW_TO_COPY) {
        memcpy(to, from, (size_t)bytes);
        return;
    }
    for (i = 0; i < bytes - PIECE; i += PIECE) memcpy(to + i, from + i, PIECE);
    memcpy(to + bytes - PIECE, from + bytes - PIECE, PIECE);
}

static void move_row(const char *from, ptrdiff_t from_step, char *to, ptrdiff_t to_step,
                     ptrdiff_t n, ptrdiff_t item) {
    ptrdiff_t i;
    if (from_step == item && to_step == item && n * item >= PIECE)
        copy_row(from, to, n * item);
    else if (item == 4)
        MOVE(uint32_t)
    else if (item == 8)
        MOVE(uint64_t)
    else if (item == 2)
        MOVE(uint16_t)
    else
        MOVE(uint8_t)
}

static void move_matrix(const char *from, steps_of_matrix from_steps, char *to,
                        steps_of_matrix to_steps, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t item) {
    ptrdiff_t row;
    if (is_better_by_column(from_steps, to_steps, rows, n)) {
        const ptrdiff_t others = rows;
        rows = n, n = others;
        from_steps = transposed(from_steps), to_steps = transposed(to_steps);
    }
    for (row = 0; row < rows; row++)
        move_row(from + row * from_steps.row, from_steps.number, to + row * to_steps.row,
                 to_steps.number, n, item);
}
