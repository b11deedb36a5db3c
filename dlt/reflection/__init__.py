"""Looking into scripts without running their pipelines, under the names of PyPI `dlt` 1.x."""
