"""JSON Lines and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

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
            try:
                # each by itself: two broken lines may be a document together
                page = list(map(exact_document if may_be_long(b"".join(lines)) else orjson.loads, lines))
            except ValueError:
                # an empty line, or a broken one: which, tells a look at each
                page = list(_one_by_one(file, lines, number))
            number += len(lines)
            if page:
                yield page


def _one_by_one(file: FileItemDict, lines: list[bytes], before: int) -> Iterator[TDataItem]:
    for offset, line in enumerate(lines):
        if line.isspace():
            continue
        try:
            yield exact_document(line)
        except ValueError as error:
            shown = line[:80].decode("utf-8", "replace").rstrip()
            raise broken(file, f"line {before + offset + 1} is no JSON, {error}: {shown!r}", "JSON Lines") from error


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
    try:
        found = exact_document(text.removeprefix(_MARK))
    except ValueError as error:
        raise broken(file, f"{error}; for a document in each line use read_jsonl", "JSON") from error
    rows = found if isinstance(found, list) else [found]
    for start in range(0, len(rows), chunksize):
        yield rows[start : start + chunksize]
