"""The step of extract: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "pipeline.extract(data) makes packages; pipeline.get_load_package_info(load_id) tells what is in one.",
    "Extract ExtractStorage data_to_sources describe_extract_data",
)
