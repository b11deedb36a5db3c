"""Widgets of marimo: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "dlt pipeline NAME info, show and trace tell what a pipeline has.",
    "render load_package_viewer pipeline_selector _load_package_viewer _pipeline_selector utils",
)
