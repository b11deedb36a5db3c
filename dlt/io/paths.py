"""Names that come from data, as one segment of a path: the only place where this is decided.

Tables, datasets and loads may be called anything. What a file system, a URL or a shell reads as more than a letter is
written as `!` and two hexadecimal digits for each byte; names without such letters stay as they are. `%` would not do
in place of `!`: programs that take paths as URLs decode it.
"""

from __future__ import annotations

import re

LONGEST = 255
"""Bytes of the longest name that common file systems take."""
_TAG_LENGTH = 16
# control characters, separators and drives, patterns of shells and of DuckDB, what URLs decode, and the sign itself
_STRANGE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\[\]{}%#!\ud800-\udfff]|^[.~]|[. ]\Z")

_CUT_ESCAPE = re.compile(r"!.?\Z")


def segment(name: str, longest: int = LONGEST) -> str:
    """Return the name of a file or folder for any text: never a path, never the same for two texts.

    Args:
        name: Any text.
        longest: Bytes that it may have; of a longer one the beginning is kept, and a tag tells it from others.
    """
    found = _STRANGE.sub(_escaped, name) or "!"
    # file systems count bytes, not letters
    if len(found.encode()) <= longest:
        return found
    import hashlib

    tag = hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=_TAG_LENGTH // 2).hexdigest()
    # a letter or an escape that the cut goes through is left out; `!-` stands in no other name
    kept = found.encode()[: longest - _TAG_LENGTH - 2].decode(errors="ignore")
    return f"{_CUT_ESCAPE.sub('', kept)}!-{tag}"


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"!{byte:02X}" for byte in match[0].encode(errors="surrogatepass"))


def is_inside(path: str) -> bool:
    """Tell whether a path with `/` stays below the folder that it is joined to, on every system."""
    parts = path.split("/")
    return not any(part in ("", ".", "..") or re.search(r"[\x00-\x1f\\]|^[A-Za-z]:", part) for part in parts)
