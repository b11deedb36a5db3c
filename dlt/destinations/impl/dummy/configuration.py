"""Settings of dummy under their name of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "dlt.destinations.dummy(...) takes the settings by name.",
    "DummyClientConfiguration DummyClientCredentials",
)
