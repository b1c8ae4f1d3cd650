/* Calls and methods that get their arguments as CPython passes them.

   Cython makes a tuple and a dict of the arguments of ``__call__`` and of a method with
   ``**``, which took 60 of the 200 ns of a plain call. */

#include <Python.h>

static void fast_calls_of(PyTypeObject *type, Py_ssize_t offset) {
    type->tp_vectorcall_offset = offset;
    type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    PyType_Modified(type);
}

static int has_fast_calls(PyTypeObject *type) {
    return (type->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL) != 0;
}

/* Stands before the method of the same name. */
static int add_fast_method(PyTypeObject *type, PyMethodDef *method, void *function) {
    PyObject *descriptor;
    int failed = -1;
    method->ml_meth = (PyCFunction)function;
    method->ml_flags = METH_FASTCALL | METH_KEYWORDS;
    descriptor = PyDescr_NewMethod(type, method);
    if (descriptor) failed = PyDict_SetItemString(type->tp_dict, method->ml_name, descriptor);
    Py_XDECREF(descriptor);
    PyType_Modified(type);
    return failed;
}

static PyMethodDef fast_derivative = {
    "derivative", NULL, 0,
    "derivative($self, x, /, *args, out=None, **parameters)\n--\n\n"
    "The derivative of each number."};
static PyMethodDef fast_backward = {
    "backward", NULL, 0,
    "backward($self, dy, input=None, /, *args, output=None, out=None, **parameters)\n--\n\n"
    "The gradient by the input from that by the output."};
