"""Where extract writes: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "pipeline.list_extracted_load_packages() lists packages; pipeline.get_load_package_info(load_id) reads one.",
    "ExtractStorage ExtractorItemStorage",
)
