"""JSON Lines and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from dlt.extract.masks import masks_here
from dlt.io.exact_json import exact_document, may_be_long
from dlt.late import orjson
from dlt.sources.filesystem.contents import broken, buffered, text_on_disk, unpacked

if TYPE_CHECKING:
    from dlt.sources.files import FileItemDict
    from dlt.types import TDataItem

_MARK = b"\xef\xbb\xbf"


def lines_of(file: FileItemDict, chunksize: int) -> Iterator[list[TDataItem]]:
    """Yield the documents of a file that has one in each line, in pages; lines without one are skipped.

    Args:
        file: The file.
        chunksize: Rows of a page.

    Raises:
        BrokenFile: a line is no JSON; with its number.
    """
    number = 0
    with unpacked(file) as content:
        reader = buffered(content)
        while lines := list(islice(reader, chunksize)):
            if not number and lines[0].startswith(_MARK):
                lines[0] = lines[0][len(_MARK) :]
            page: list[TDataItem] | None = None
            # each by itself: two broken lines may be a document together
            with suppress(ValueError):
                page = list(map(exact_document if may_be_long(b"".join(lines)) else orjson.loads, lines))
            if page is None:
                # an empty line, or a broken one: which, tells a look at each
                page = list(_one_by_one(file, lines, number))
            number += len(lines)
            if page:
                yield page


def _one_by_one(file: FileItemDict, lines: list[bytes], before: int) -> Iterator[TDataItem]:
    for offset, line in enumerate(lines):
        if line.isspace():
            continue
        found, failure = _read(line)
        if failure is not None:
            hides, what = masks_here(), f"line {before + offset + 1} is no JSON, {failure}"
            shown = "" if hides else f": {line[:80].decode('utf-8', 'replace').rstrip()!r}"
            # the error of the parser has the text; of a resource with masks nobody may see it
            raise broken(file, what + shown, "JSON Lines") from (None if hides else failure)
        yield found


def _read(text: bytes) -> tuple[TDataItem, ValueError | None]:
    """Return a document, or what is wrong with its text: raised in no handler, an error keeps no other one."""
    try:
        return exact_document(text), None
    except ValueError as error:
        return None, error


def documents_of(file: FileItemDict, chunksize: int) -> Iterator[list[TDataItem]]:
    """Yield the rows of a file with one JSON document: the items of a list, or the document itself.

    Args:
        file: The file, which is read as a whole.
        chunksize: Rows of a page.

    Raises:
        BrokenFile: it is no JSON.
    """
    with text_on_disk(file) as path, open(path, "rb") as content:
        text = content.read()
    if not text.strip():
        return
    found, failure = _read(text.removeprefix(_MARK))
    if failure is not None:
        why = f"{failure}; for a document in each line use read_jsonl"
        raise broken(file, why, "JSON") from (None if masks_here() else failure)
    rows = found if isinstance(found, list) else [found]
    for start in range(0, len(rows), chunksize):
        yield rows[start : start + chunksize]
