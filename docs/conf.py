"""Sphinx configuration.  ``nox -s docs`` builds the site, ``nox -s docs-serve`` shows it."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent / "tools")]

import fastact  # noqa: E402
import tiny_inventories  # noqa: E402

project = "fastact"
author = "The fastact developers"
copyright = f"2026, {author}"
release = version = fastact.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
    # of this site, in _ext
    "activation_pages",
    "api_page",
    "benchmark_pages",
    "compare",
    "home",
    "accessible",
    "katex_static",
    "measured_pages",
    "numerics_table",
    "plots",
    "roles",
    "same_name_table",
    "themed_figures",
    "value_role",
]
exclude_patterns = [
    *("_build", "_ext", "_inventories", "_templates", "_vendor"),
    *("activations/notes", "examples", "experiments", "figures", "check"),
    "architecture_figures.md",  # included in a page
    "sg_execution_times.rst",
]

# --- text -----------------------------------------------------------------------------------

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
html_math_renderer = "katex_static"
katex_js = str(HERE / "_vendor/katex/katex.min.js")
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
bibtex_bibfiles = ["refs.bib"]
bibtex_reference_style = "author_year"
bibtex_default_style = "plain"  # by author

# --- code -----------------------------------------------------------------------------------

autodoc_typehints = "none"  # numpydoc's sections tell the types
autosummary_generate = True
numpydoc_show_class_members = False
doctest_global_setup = "import numpy as np\nimport fastact as fa"
nitpicky = True
intersphinx_mapping = tiny_inventories.build(HERE / "_inventories", HERE / "_build/inventories")
linkcheck_ignore = [r"https?://.*"]

# --- gallery --------------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": ["examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": r"\.py$",
    "image_scrapers": ("themed_figures.scrape",),
    "reset_modules": ("themed_figures.reset_style",),
    "abort_on_example_error": True,
    "copyfile_regex": r"$^",
    "doc_module": ("fastact",),
    "backreferences_dir": "gallery/backreferences",
    "download_all_examples": False,
    "min_reported_time": 3600,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "capture_repr": (),
    "write_computation_times": False,  # that page loads scripts from elsewhere
}

# --- pages ----------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "fastact"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["fastact.css"]
html_show_sourcelink = False
html_copy_source = False
templates_path = ["_templates"]
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "fastact"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "back_to_top_button": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": [], "compare": []},
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
# Pages without a section of their own need no list of its pages.
WITHOUT_SECTION = (
    *("index", "guide/choosing", "compare", "architecture", "references", "changelog"),
    *("contributing", "glossary", "same_name", "errors_elsewhere"),
)
html_sidebars = {page: [] for page in WITHOUT_SECTION}
