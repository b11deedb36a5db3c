"""Files, folders and packages under the names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.common.storages.configuration import FilesystemConfiguration, FilesystemConfigurationWithLocalFiles
from dlt.common.storages.file_storage import FileStorage
from dlt.common.storages.fsspec_filesystem import fsspec_filesystem, fsspec_from_config
from dlt.common.storages.load_package import LoadJobInfo, LoadPackageInfo, ParsedLoadJobFileName, TPackageJobState

__all__ = [
    "FileStorage",
    "FilesystemConfiguration",
    "FilesystemConfigurationWithLocalFiles",
    "LoadJobInfo",
    "LoadPackageInfo",
    "ParsedLoadJobFileName",
    "TPackageJobState",
    "fsspec_filesystem",
    "fsspec_from_config",
]

__getattr__ = absent_names(
    __name__,
    "A pipeline keeps its working folder itself: ask pipeline.list_completed_load_packages(), get_load_package_info() "
    "and pipeline.schemas.",
    "DataItemStorage LiveSchemaStorage LoadStorage LoadStorageConfiguration NormalizeStorage "
    "NormalizeStorageConfiguration PackageStorage SchemaStorage SchemaStorageConfiguration VersionedStorage",
)
