"""The maths, written once.

``activations/`` (scalar formulas), ``reductions.py`` (row kernels) and
``columns.py`` (the same for columns) on top of ``elementary.py`` (exponentials
and the like) on top of ``primitives.py`` (what a compiler must provide).
``catalogue.py`` has a row per activation, ``kernels.py`` derives the loops,
``translate.py`` prints them for a compiler.

This package needs nothing but the standard library: setup.py imports it by
itself, before anything is built.
"""
