"""The client of files under its path of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.destinations.impl.filesystem.client import FilesystemClient

__all__ = ["FilesystemClient"]
INIT_FILE_NAME = "init"
__getattr__ = absent_names(
    __name__,
    "dlt.destinations.filesystem(bucket_url=..., layout=...) takes what its settings held.",
    "FilesystemDestinationClientConfiguration HfFilesystemClient IcebergLoadFilesystemJob CURRENT_VERSION "
    "SUPPORTED_VERSIONS",
)
