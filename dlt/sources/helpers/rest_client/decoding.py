"""Documents of answers: decoded once for each page, exactly, and fast."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests import Response

from dlt.io.exact_json import float_or_text, may_be_long
from dlt.late import orjson
from dlt.sources.helpers.requests.session import Answer, marked_json

Document = Any
"""What an answer holds; its shape is the server's."""
_NO_CONTENT = 204


def document_of(response: Response) -> Document:
    """Return the document of an answer; an empty list where the server says that there is no content.

    Args:
        response: The answer.

    Raises:
        requests.exceptions.JSONDecodeError: it is none.
    """
    # a hook or a session of the program may have put something else there
    if type(response).json not in (Response.json, Answer.json) or "json" in vars(response):
        return response.json()
    # most answers are UTF-8 without long numbers: those take a tenth of the time of Python's parser
    content = response.content
    if not content and response.status_code == _NO_CONTENT:
        return []
    marked = content.startswith(BOM_UTF8)
    if marked:
        content = content[len(BOM_UTF8) :]
    if not may_be_long(content):
        try:
            return orjson.loads(content)
        except ValueError:
            # NaN, what no float holds, lone surrogates, and encodings other than UTF-8: for the parser that takes them
            pass
    # sessions of a program have answers of requests alone, which take no mark
    return marked_json(response, parse_float=float_or_text) if marked else response.json(parse_float=float_or_text)


@contextmanager
def decoded_once(response: Response, document: Document) -> Iterator[None]:
    """Let an answer return its document from `json()` without decoding it again, for the length of a block.

    Args:
        response: The answer.
        document: Its document.
    """
    known = vars(response)
    # what a hook of the program put there decides
    if "json" in known:
        yield
        return
    known["json"] = lambda **_parser: document
    try:
        yield
    finally:
        known.pop("json", None)
