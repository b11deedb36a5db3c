"""URLs of REST APIs."""

from __future__ import annotations


def join_url(base_url: str, path: str) -> str:
    """Return the URL of a path below another one, with one slash between them.

    Args:
        base_url: Where the API begins.
        path: The path there; nothing leaves the base as it is.

    Raises:
        ValueError: there is no base.
    """
    if base_url is None:
        raise ValueError(
            "base_url is None. Give the URL with which the API begins, such as https://api.example.com/v1."
        )
    if not path:
        # an AttributeError tells that it is no text
        path.strip()
        return base_url.strip() and base_url
    if not base_url:
        return path
    return f"{base_url.rstrip('/')}/{path.lstrip('/')}"
