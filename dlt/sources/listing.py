"""Files that match a pattern, folder by folder: nothing is asked for before it is wanted."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlt.sources.absent_places import PAGES, check_page, told_of_servers

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Info = Mapping[str, object]
"""What a file system tells of a file."""
ANY_DEPTH = "**"
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Place:
    """A file system, and what its listings are like.

    Attributes:
        files: The file system.
        hides_dots: Wildcards find no names that begin with a dot, as on a disk.
        is_flat: There are no folders, so that all that begins with a prefix is listed at once.
    """

    files: AbstractFileSystem
    hides_dots: bool
    is_flat: bool

    @classmethod
    def of(cls, files: AbstractFileSystem, scheme: str) -> Place:
        """Return the place that a scheme stands for."""
        flat = ("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl", "memory")
        return cls(files, hides_dots=scheme in ("file", "local"), is_flat=scheme in flat)

    def entries(self, folder: str) -> list[tuple[str, Info]]:
        """Return what stands in a folder, by path, sorted; nothing where there is no such folder."""
        try:
            found = self.files.ls(folder, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        paths = ((_clean(str(info["name"])), info) for info in found)
        # stores without folders may have an object with the name of one, and tell of it in itself
        return sorted(((path, info) for path, info in paths if path != _clean(folder)), key=lambda entry: entry[0])

    def below(self, folder: str) -> list[tuple[str, Info]]:
        """Return the files of a folder at any depth, by path, sorted."""
        try:
            found = self.files.find(folder, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted((_clean(path), info) for path, info in found.items() if _is_file(info))

    def info(self, path: str) -> Info | None:
        """Return what is told of one file; None where there is none."""
        try:
            found: Info = self.files.info(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found if _is_file(found) else None


def files_of(files: AbstractFileSystem, scheme: str, root: str, pattern: str) -> Iterator[tuple[str, Info]]:
    """Yield the files below a folder that match a pattern, by path, in order within each folder.

    Args:
        files: The file system.
        scheme: Its scheme.
        root: The folder, as the file system names it.
        pattern: Which files: `*`, `?` and `[…]` within a name, `**` for folders at any depth; "" for the root itself.
    """
    if scheme in PAGES:
        yield from _on_pages(files, root, pattern)
        return
    whole = posixpath.normpath(posixpath.join(root, pattern)) if "://" not in root else posixpath.join(root, pattern)
    place = Place.of(files, scheme)
    if not _MAGIC.search(pattern):
        # the folder itself may have such signs in its name
        whole = whole.rstrip("/") if pattern == "" else whole
        info = place.info(whole)
        if info is not None and not pattern.endswith("/"):
            yield whole, info
        return
    # what has no wildcards is not listed, but entered
    fixed, parts = _apart(posixpath.normpath(root), posixpath.normpath(pattern))
    yield from _walk(place, fixed, parts)


def _on_pages(files: AbstractFileSystem, root: str, pattern: str) -> Iterator[tuple[str, Info]]:
    """Yield the files of a web server: the one that is named, or those to which the page of a folder has links."""
    whole = posixpath.join(root, pattern) if pattern else root
    with told_of_servers(whole):
        # a question mark begins the parameters of a URL
        if not _MAGIC.search(pattern.replace("?", "")):
            found = {} if pattern.endswith("/") else {whole: files.info(whole)}
        else:
            found = files.glob(whole, detail=True)
            if not found:
                check_page(files, root)
    yield from ((path, info) for path, info in found.items() if _is_file(info))


def _apart(root: str, pattern: str) -> tuple[str, list[str]]:
    """Return the folder in which wildcards begin, and the parts of the pattern from there on."""
    parts = pattern.split("/")
    folder = root
    while not _MAGIC.search(parts[0]):
        folder = posixpath.normpath(posixpath.join(folder, parts.pop(0)))
    return folder, parts


def _walk(place: Place, folder: str, parts: list[str]) -> Iterator[tuple[str, Info]]:
    part, rest = parts[0], parts[1:]
    if part == ANY_DEPTH:
        yield from _at_any_depth(place, folder, rest)
        return
    if not _MAGIC.search(part):
        path = posixpath.join(folder, part)
        if rest:
            yield from _walk(place, path, rest)
        elif (info := place.info(path)) is not None:
            yield path, info
        return
    matches = _matcher(part, place.hides_dots)
    for path, info in place.entries(folder):
        if not matches(posixpath.basename(path)):
            continue
        if rest and not _is_file(info):
            yield from _walk(place, path, rest)
        elif not rest and _is_file(info):
            yield path, info


def _at_any_depth(place: Place, folder: str, rest: list[str]) -> Iterator[tuple[str, Info]]:
    while rest and rest[0] == ANY_DEPTH:
        rest = rest[1:]
    wanted = _deep(rest or ["*"], place.hides_dots)
    # folders that begin with a dot are entered where a part of the pattern does, too
    hides = place.hides_dots and not any(part.startswith(".") for part in rest)
    for path, info in place.entries(folder):
        name = posixpath.basename(path)
        if _is_file(info):
            if wanted(name):
                yield path, info
        elif place.is_flat:
            # one question for all below, in place of one for each folder
            cut = len(folder.rstrip("/")) + 1
            yield from (found for found in place.below(path) if wanted(found[0][cut:]))
        elif not (hides and name.startswith(".")):
            yield from _below(place, path, name, wanted, hides)


def _below(
    place: Place, folder: str, prefix: str, wanted: Callable[[str], bool], hides: bool
) -> Iterator[tuple[str, Info]]:
    for path, info in place.entries(folder):
        name = posixpath.basename(path)
        relative = f"{prefix}/{name}"
        if not _is_file(info):
            # a link to a folder above would lead round and round
            if not (hides and name.startswith(".")) and not info.get("islink"):
                yield from _below(place, path, relative, wanted, hides)
        elif wanted(relative):
            yield path, info


def _deep(parts: list[str], hides_dots: bool) -> Callable[[str], bool]:
    """Return what tells whether a path matches the parts behind a `**`."""
    # any number of folders, none too
    name = r"(?!\.)[^/]" if hides_dots else "[^/]"
    folders = f"(?:{name}+/)*"
    written = [folders]
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if part == ANY_DEPTH:
            written.append(f"{folders}{name}*" if last else folders)
        else:
            written.append(_of_part(part, hides_dots) + ("" if last else "/"))
    matches = re.compile("".join(written)).fullmatch
    return lambda path: matches(path) is not None


def _matcher(part: str, hides_dots: bool) -> Callable[[str], bool]:
    matches = re.compile(_of_part(part, hides_dots)).fullmatch
    return lambda name: matches(name) is not None


def _of_part(part: str, hides_dots: bool) -> str:
    """Return the regular expression of one part of a pattern, which never reaches over a slash."""
    written: list[str] = ["(?!\\.)"] if hides_dots and not part.startswith(".") else []
    at = 0
    while at < len(part):
        sign = part[at]
        # the first sign of a set may be the bracket that ends others
        end = part.find("]", at + 2 + part.startswith("[!", at)) if sign == "[" else -1
        if end > 0:
            inner = part[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            written.append(f"(?!/)[{'^' + inner[1:] if inner[0] in '!^' else inner}]")
            at = end + 1
            continue
        written.append({"*": "[^/]*", "?": "[^/]"}.get(sign) or re.escape(sign))
        at += 1
    return "".join(written)


def _is_file(info: Info) -> bool:
    # file systems tell of links and of what they do not know in words of their own
    return info.get("type") not in ("directory", "other")


def _clean(path: str) -> str:
    return path.rstrip("/") or "/"
