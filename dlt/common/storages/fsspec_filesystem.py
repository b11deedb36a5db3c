"""Files in folders and buckets under the names of PyPI `dlt` 1.x."""

from dlt.sources.files import (
    MTIME_DISPATCH,
    FileItem,
    FileItemDict,
    fsspec_filesystem,
    fsspec_from_config,
    glob_files,
    guess_mime_type,
    prepare_fsspec_args,
)

__all__ = [
    "MTIME_DISPATCH",
    "FileItem",
    "FileItemDict",
    "fsspec_filesystem",
    "fsspec_from_config",
    "glob_files",
    "guess_mime_type",
    "prepare_fsspec_args",
]
