"""Google Drive as a file system: it imports, and says at use what to do instead."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__, "Install the package gdrivefs, which brings Google Drive to fsspec.", "GoogleDriveFileSystem"
)
