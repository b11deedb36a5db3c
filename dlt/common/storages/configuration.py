"""Settings of folders and buckets under the names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.configuration.credentials.places import (
    FilesystemConfiguration,
    FilesystemConfigurationWithLocalFiles,
    FileSystemCredentials,
)

__all__ = ["FileSystemCredentials", "FilesystemConfiguration", "FilesystemConfigurationWithLocalFiles"]

__getattr__ = absent_names(
    __name__,
    "A pipeline keeps its working folder itself: set pipelines_dir, import_schema_path and export_schema_path.",
    "LoadStorageConfiguration NormalizeStorageConfiguration SchemaStorageConfiguration WithLocalFiles "
    "ensure_canonical_az_url make_fsspec_url",
)
