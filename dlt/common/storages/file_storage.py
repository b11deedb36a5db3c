"""A folder whose files are named by their paths in it."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import stat
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from dlt.common.utils import encoding_for_mode

__all__ = ["FileStorage"]


_RESERVED = {"CON", "PRN", "AUX", "NUL"} | {f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10)}
"""Names of devices, which Windows gives to no file."""


class FolderPaths:
    """Paths in a folder: from it on, absolute, or from the working folder on.

    Args:
        storage_path: The folder.
    """

    def __init__(self, storage_path: str) -> None:
        self.storage_path = os.path.realpath(storage_path)

    def is_path_in_storage(self, path: str) -> bool:
        """Tell whether a path, an absolute one or one from the storage on, leads into the storage."""
        # links are followed: one in the folder may lead out of it
        full = os.path.realpath(os.path.join(self.storage_path, path))
        # with the separator: the folder ab is not in the folder a
        return full == self.storage_path or full.startswith(self.storage_path + os.sep)

    def to_relative_path(self, path: str) -> str:
        """Return a path in the storage from the storage on.

        Args:
            path: An absolute path, or one from the storage on.

        Raises:
            ValueError: It leads out of the storage.
        """
        if path == "":
            return ""
        if not self.is_path_in_storage(path):
            raise ValueError(f"{path} leads out of the storage {self.storage_path}.")
        return os.path.relpath(os.path.join(self.storage_path, path), start=self.storage_path)

    def make_full_path_safe(self, path: str) -> str:
        """Return the absolute path of a path in the storage.

        Args:
            path: An absolute path, or one from the storage on.

        Raises:
            ValueError: It leads out of the storage.
        """
        if not self.is_path_in_storage(path):
            raise ValueError(f"{path} leads out of the storage {self.storage_path}.")
        return os.path.normpath(self.make_full_path(path))

    def make_full_path(self, path: str) -> str:
        """Return the absolute path of a path from the storage on."""
        return os.path.join(self.storage_path, path)

    def from_wd_to_relative_path(self, wd_relative_path: str) -> str:
        """Return a path from the working folder on as one from the storage on.

        Args:
            wd_relative_path: The path.

        Raises:
            ValueError: It leads out of the storage.
        """
        return self.to_relative_path(os.path.realpath(wd_relative_path))

    def from_relative_path_to_wd(self, relative_path: str) -> str:
        """Return a path from the storage on as one from the working folder on."""
        return os.path.relpath(self.make_full_path_safe(relative_path), start=".")

    @staticmethod
    def get_file_name_from_file_path(file_path: str) -> str:
        """Return the name of a file."""
        return os.path.basename(file_path)

    @staticmethod
    def validate_file_name_component(name: str) -> None:
        """Check a part of a file's name.

        Args:
            name: The part.

        Raises:
            ValueError: There is a dot in it, or a character that a file system refuses.
        """
        # names of files are parts with dots between them, so no part may have one
        if not name.strip() or re.search(r'[./\\:*?"<>|\x00-\x1f]', name) or name.upper() in _RESERVED:
            raise ValueError(f"{name!r} is no part of a file's name: leave out dots, slashes and : * ? \" < > |.")


class FileStorage(FolderPaths):
    """Files in a folder. Paths are relative to it, or absolute ones in it.

    Args:
        storage_path: The folder.
        file_type: t for files of text, b for those of bytes.
        makedirs: Make the folder.
    """

    def __init__(self, storage_path: str, file_type: str = "t", makedirs: bool = False) -> None:
        super().__init__(storage_path)
        self.file_type = file_type
        if makedirs:
            os.makedirs(storage_path, exist_ok=True)

    def save(self, relative_path: str, data: str | bytes) -> str:
        """Write a file as a whole, and return its full path.

        Args:
            relative_path: The file.
            data: Its content.
        """
        return self.save_atomic(self.storage_path, relative_path, data, file_type=self.file_type)

    @staticmethod
    def save_atomic(storage_path: str, relative_path: str, data: str | bytes, file_type: str = "t") -> str:
        """Write a file as a whole, and return its full path.

        Args:
            storage_path: A folder.
            relative_path: The file in it.
            data: Its content.
            file_type: t for text, b for bytes.
        """
        mode = "w" + file_type
        # in the same folder: a rename does not cross file systems
        written = os.path.join(storage_path, uuid4().hex)
        try:
            with open(written, mode=mode, encoding=encoding_for_mode(mode)) as file:
                file.write(data)
            path = os.path.join(storage_path, relative_path)
            # the file has its name when it is whole
            os.replace(written, path)
            return path
        except BaseException:
            if os.path.isfile(written):
                os.remove(written)
            raise

    @staticmethod
    def move_atomic_to_folder(source_file_path: str, dest_folder_path: str) -> str:
        """Move a file into a folder, and return its path.

        Args:
            source_file_path: The file.
            dest_folder_path: The folder.
        """
        return FileStorage.move_atomic_to_file(
            source_file_path, os.path.join(dest_folder_path, os.path.basename(source_file_path))
        )

    @staticmethod
    def move_atomic_to_file(source_file_path: str, dest_file_path: str) -> str:
        """Move a file, also to another file system, and return its path.

        Args:
            source_file_path: The file.
            dest_file_path: Its new path.
        """
        try:
            os.replace(source_file_path, dest_file_path)
        except OSError:
            # another file system: a copy has its name when it is whole
            FileStorage.copy_atomic_to_file(source_file_path, dest_file_path)
            os.unlink(source_file_path)
        return dest_file_path

    @staticmethod
    def copy_atomic_to_file(source_file_path: str, dest_file_path: str) -> str:
        """Copy a file as a whole, and return the path of the copy.

        Args:
            source_file_path: The file.
            dest_file_path: The copy.
        """
        folder = os.path.dirname(dest_file_path)
        copied = os.path.join(folder, uuid4().hex)
        try:
            shutil.copyfile(source_file_path, copied)
            os.replace(copied, dest_file_path)
        except BaseException:
            if os.path.isfile(copied):
                os.remove(copied)
            raise
        return dest_file_path

    # a text or bytes, as the type of the files says
    def load(self, relative_path: str) -> Any:
        """Return the content of a file, as text or bytes.

        Args:
            relative_path: The file.

        Raises:
            FileNotFoundError: There is none.
        """
        with self.open_file(relative_path) as file:
            return file.read()

    def delete(self, relative_path: str) -> None:
        """Delete a file.

        Args:
            relative_path: The file.

        Raises:
            FileNotFoundError: There is none.
        """
        path = self.make_full_path_safe(relative_path)
        if not os.path.isfile(path):
            raise FileNotFoundError(path)
        os.remove(path)

    def delete_folder(self, relative_path: str, recursively: bool = False, delete_ro: bool = False) -> None:
        """Delete a folder.

        Args:
            relative_path: The folder.
            recursively: With all that is in it; otherwise it has to be empty.
            delete_ro: Also what may only be read.

        Raises:
            NotADirectoryError: It is not there.
        """
        path = self.make_full_path_safe(relative_path)
        if not os.path.isdir(path):
            raise NotADirectoryError(path)
        if not recursively:
            os.rmdir(path)
            return
        # on Windows what may only be read cannot be deleted either
        if delete_ro:
            for folder, _, files in os.walk(path):
                for name in (folder, *(os.path.join(folder, file) for file in files)):
                    os.chmod(name, os.stat(name).st_mode | stat.S_IWRITE)
        shutil.rmtree(path)

    def open_file(self, relative_path: str, mode: str = "r") -> IO[Any]:
        """Open a file; one that is compressed with gzip is read as if it were not.

        Args:
            relative_path: The file.
            mode: As `open` has it; t or b of the storage is added where it is missing.
        """
        if "b" not in mode and "t" not in mode:
            mode += self.file_type
        path = self.make_full_path_safe(relative_path)
        if mode.startswith("r"):
            return self.open_zipsafe_ro(path, mode)
        return open(path, mode, encoding=encoding_for_mode(mode))

    @staticmethod
    def open_zipsafe_ro(path: str, mode: str = "r", **kwargs: Any) -> IO[Any]:
        """Open a file for reading; one that is compressed with gzip is read as if it were not.

        Args:
            path: The file.
            mode: As `open` has it.
            **kwargs: As `open` has them.
        """
        kwargs.setdefault("encoding", encoding_for_mode(mode))
        if not FileStorage.is_gzipped(path):
            return open(path, mode, **kwargs)
        # gzip reads bytes unless it is told
        mode = mode if "b" in mode or "t" in mode else f"{mode}t"
        return gzip.open(path, mode, **kwargs)  # type: ignore[return-value]  # a file, and no IO for checkers

    @staticmethod
    def is_gzipped(path: str) -> bool:
        """Tell whether a file is compressed with gzip, by how it begins."""
        with open(path, "rb") as file:
            return file.read(2) == b"\x1f\x8b"

    def touch_file(self, relative_path: str) -> None:
        """Set the time of a file to now; make it if it is not there."""
        Path(self.make_full_path_safe(relative_path)).touch()

    def has_file(self, relative_path: str) -> bool:
        """Tell whether a file is there."""
        return os.path.isfile(self.make_full_path(relative_path))

    def has_folder(self, relative_path: str) -> bool:
        """Tell whether a folder is there."""
        return os.path.isdir(self.make_full_path(relative_path))

    def list_folder_files(self, relative_path: str, to_root: bool = True) -> list[str]:
        """Return the files of a folder.

        Args:
            relative_path: The folder.
            to_root: As paths in the storage; otherwise as names.
        """
        with os.scandir(self.make_full_path_safe(relative_path)) as entries:
            names = [entry.name for entry in entries if entry.is_file()]
        return [os.path.join(relative_path, name) for name in names] if to_root else names

    def list_folder_dirs(self, relative_path: str, to_root: bool = True) -> list[str]:
        """Return the folders of a folder.

        Args:
            relative_path: The folder.
            to_root: As paths in the storage; otherwise as names.
        """
        with os.scandir(self.make_full_path_safe(relative_path)) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
        return [os.path.join(relative_path, name) for name in names] if to_root else names

    def create_folder(self, relative_path: str, exists_ok: bool = False) -> None:
        """Make a folder, and those that it is in.

        Args:
            relative_path: The folder.
            exists_ok: It may be there.
        """
        os.makedirs(self.make_full_path_safe(relative_path), exist_ok=exists_ok)

    def link_hard(self, from_relative_path: str, to_relative_path: str) -> None:
        """Give a file another name, under which it is the same file.

        Args:
            from_relative_path: The file.
            to_relative_path: The other name.
        """
        os.link(self.make_full_path_safe(from_relative_path), self.make_full_path_safe(to_relative_path))

    @staticmethod
    def link_hard_with_fallback(external_file_path: str, to_file_path: str) -> None:
        """Give a file another name; copy it where the file system does not let it have one.

        Args:
            external_file_path: The file.
            to_file_path: The other name.
        """
        try:
            os.link(external_file_path, to_file_path)
        except OSError:
            FileStorage.copy_atomic_to_file(external_file_path, to_file_path)

    def atomic_rename(self, from_relative_path: str, to_relative_path: str) -> None:
        """Rename a file or a folder at once, within a file system.

        Args:
            from_relative_path: The file or folder.
            to_relative_path: Its new path.
        """
        os.rename(self.make_full_path_safe(from_relative_path), self.make_full_path_safe(to_relative_path))

    def rename_tree(self, from_relative_path: str, to_relative_path: str) -> None:
        """Rename a folder.

        Args:
            from_relative_path: The folder.
            to_relative_path: Its new path.
        """
        self.atomic_rename(from_relative_path, to_relative_path)

    def rename_tree_files(self, from_relative_path: str, to_relative_path: str) -> None:
        """Rename a folder file by file, where it cannot be renamed at once.

        Args:
            from_relative_path: The folder.
            to_relative_path: Its new path.
        """
        source, target = self.make_full_path_safe(from_relative_path), self.make_full_path_safe(to_relative_path)
        for folder, _, files in os.walk(source):
            into = os.path.join(target, os.path.relpath(folder, source))
            os.makedirs(into, exist_ok=True)
            for name in files:
                os.rename(os.path.join(folder, name), os.path.join(into, name))
        shutil.rmtree(source)

    def atomic_import(self, external_file_path: str, to_folder: str, new_file_name: str | None = None) -> str:
        """Move a file from elsewhere into the storage, and return its path in it.

        Args:
            external_file_path: The file.
            to_folder: The folder in the storage.
            new_file_name: Its new name; the old one when None.
        """
        name = new_file_name or os.path.basename(external_file_path)
        target = os.path.join(self.make_full_path_safe(to_folder), name)
        return self.to_relative_path(self.move_atomic_to_file(external_file_path, target))
