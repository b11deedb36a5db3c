"""Names of functions that scripts call, under the names of PyPI `dlt` 1.x."""

DLT = "dlt"
PIPELINE = "pipeline"
RUN = "run"
ATTACH = "attach"
SOURCE = "source"
RESOURCE = "resource"
TRANSFORMER = "transformer"
DETECTED_FUNCTIONS = [PIPELINE, SOURCE, RESOURCE, RUN, TRANSFORMER]
