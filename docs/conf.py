"""Sphinx configuration."""

import fastact

project = "fastact"
author = "The fastact developers"
copyright = f"2026, {author}"
release = version = fastact.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_build", "architecture_figures.md"]  # the latter is included

autodoc_typehints = "none"  # numpydoc's sections tell the types
numpydoc_show_class_members = False
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = f"fastact {release}"
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": False}
