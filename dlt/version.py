"""The version of the distribution."""

__version__ = "0.1.0"
DLT_IMPORT_NAME = "dlt"
DLT_PKG_NAME = "dlt-tasks"
