"""What credentials can do for other libraries: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "Load with table_format='iceberg' or 'delta': the destination gives the libraries what they need.",
    "WithObjectStoreRsCredentials WithPyicebergConfig",
)
