/* Memory of large new arrays: what a freed one leaves is taken for the next.

   glibc gives arrays of more than 32 MB back to the system when they are freed, and the pages of
   the next, cleared by the kernel as they are first touched, took half of a call: 6.3 ms for 64 MB
   instead of 3.7. Smaller ones glibc keeps. A block that waits here is marked MADV_FREE, so the system takes its pages
   when it is short of memory; if not, they are there as they were. */
#include <Python.h>
#include <numpy/arrayobject.h>

#if defined(__linux__)
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#endif

#if defined(__linux__) && defined(MADV_FREE) && !defined(__SANITIZE_ADDRESS__)

enum {
    WAITING_BLOCKS = 2,
    HUGE_PAGE = 1 << 21,
    DATA = 2048 /* where the numbers begin; in step with no other allocator's arrays */
};

static const size_t LARGE = (size_t)1 << 25, TOO_LARGE = (size_t)1 << 29;

typedef struct {
    size_t bytes; /* of all, this header too */
    size_t offset; /* of this header in what mmap gave */
} block;

static _Atomic(block *) waiting_blocks[WAITING_BLOCKS];

static void give_back(block *b) {
    if (b) munmap((char *)b - b->offset, b->bytes + b->offset);
}

/* One that waits, if it has room and not much more than that. */
static block *waiting_block(size_t bytes) {
    int k;
    for (k = 0; k < WAITING_BLOCKS; k++) {
        block *b = atomic_exchange(&waiting_blocks[k], NULL), *none = NULL;
        if (b && b->bytes >= bytes && b->bytes / 2 <= bytes) return b;
        if (b && !atomic_compare_exchange_strong(&waiting_blocks[k], &none, b)) give_back(b);
    }
    return NULL;
}

static block *new_block(size_t bytes) {
    size_t whole = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE, offset;
    char *start = mmap(NULL, whole + HUGE_PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    block *b;
    if (start == MAP_FAILED) return NULL;
    offset = HUGE_PAGE - (size_t)start % HUGE_PAGE;
    madvise(start + offset, whole, MADV_HUGEPAGE);
    b = (block *)(start + offset);
    b->bytes = whole, b->offset = offset;
    return b;
}

static void *large_malloc(void *context, size_t size) {
    block *b = waiting_block(size + DATA);
    (void)context;
    if (!b) b = new_block(size + DATA);
    return b ? (char *)b + DATA : NULL;
}

static void large_free(void *context, void *data, size_t size) {
    block *b = data ? (block *)((char *)data - DATA) : NULL;
    int k;
    (void)context, (void)size;
    if (!b) return;
    if (b->bytes > TOO_LARGE) {
        give_back(b);
        return;
    }
    /* But for the page with the header. */
    madvise((char *)b + 4096, b->bytes - 4096, MADV_FREE);
    /* The newest first, for it may be in the cache; the oldest goes. */
    for (k = 0; k < WAITING_BLOCKS && b; k++) b = atomic_exchange(&waiting_blocks[k], b);
    give_back(b);
}

static void *large_calloc(void *context, size_t count, size_t size) {
    void *data = size && count > SIZE_MAX / size ? NULL : large_malloc(context, count * size);
    return data ? memset(data, 0, count * size) : NULL;
}

static void *large_realloc(void *context, void *data, size_t size) {
    block *b = data ? (block *)((char *)data - DATA) : NULL;
    void *other;
    if (b && b->bytes - DATA >= size && (b->bytes - DATA) / 2 <= size) return data;
    other = large_malloc(context, size);
    if (other && b) {
        const size_t kept = b->bytes - DATA;
        memcpy(other, data, kept < size ? kept : size);
        large_free(context, data, 0);
    }
    return other;
}

static PyDataMem_Handler large_handler = {
    "fastact", 1, {NULL, large_malloc, large_calloc, large_realloc, large_free}};

/* Let new arrays take their memory from here; gives what they took it from before. */
static PyObject *own_memory(void) {
    static PyObject *capsule = NULL;
    if (!capsule) capsule = PyCapsule_New(&large_handler, "mem_handler", NULL);
    return capsule ? PyDataMem_SetHandler(capsule) : NULL;
}

/* An array whose memory comes from here if it is large. */
static PyObject *new_array(int ndim, npy_intp *shape, int type, size_t bytes) {
    PyObject *before, *array;
    if (bytes < LARGE) return PyArray_EMPTY(ndim, shape, type, 0);
    if (!(before = own_memory())) return NULL;
    array = PyArray_EMPTY(ndim, shape, type, 0);
    Py_XDECREF(PyDataMem_SetHandler(before));
    Py_DECREF(before);
    return array;
}

/* The same with the shape, the dtype and the order of axes in memory of another. */
static PyObject *new_array_like(PyObject *like) {
    PyObject *before, *array;
    PyArrayObject *x = (PyArrayObject *)like;
    if ((size_t)PyArray_NBYTES(x) < LARGE) return PyArray_NewLikeArray(x, NPY_KEEPORDER, NULL, 0);
    if (!(before = own_memory())) return NULL;
    array = PyArray_NewLikeArray(x, NPY_KEEPORDER, NULL, 0);
    Py_XDECREF(PyDataMem_SetHandler(before));
    Py_DECREF(before);
    return array;
}

#else

static PyObject *new_array_like(PyObject *like) {
    return PyArray_NewLikeArray((PyArrayObject *)like, NPY_KEEPORDER, NULL, 0);
}

static PyObject *new_array(int ndim, npy_intp *shape, int type, size_t bytes) {
    (void)bytes;
    return PyArray_EMPTY(ndim, shape, type, 0);
}

#endif
