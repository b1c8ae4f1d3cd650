"""The maths, written once.

``activations/`` (scalar formulas), ``reductions.py`` (row kernels) and
``columns.py`` (the same for columns) on top of ``elementary.py`` (exponentials
and the like) on top of ``primitives.py`` (what a compiler must provide).
``catalogue.py`` has a row per activation, ``kernels.py`` derives the loops,
``translate.py`` prints the formulas for a compiler, ``loops.py`` every kernel as a
loop, long ones in stages (``graph.py``, ``stages.py``), ``choices.py`` those that only
choose, on 16 bits.

This package needs nothing but the standard library: setup.py imports it by
itself, before anything is built.
"""
