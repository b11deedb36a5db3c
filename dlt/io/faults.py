"""What an error of a file system means: whether another try may help, and what to do if not."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dlt.error_kinds import Kind, store_error
from dlt.errors import DestinationException, DltException
from dlt.redact import redact
from dlt.secret_words import may_be_secret_name

_NO_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "CredentialRetrievalError",
    "TokenRetrievalError",
    "ClientAuthenticationError",
    "CredentialUnavailableError",
    "DefaultCredentialsError",
    "RefreshError",
    "AuthenticationException",
    "PasswordRequiredException",
}
"""Classes of the clients for credentials that are missing or refused."""
_NO_CONNECTION = {
    "HTTPClientError",
    "NoValidConnectionsError",
    "ServiceRequestError",
    "ServiceResponseError",
    "ClientConnectionError",
    "TransportError",
    "ConnectionError",
    "TimeoutError",
    "gaierror",
}
"""Classes of the clients, and of Python, for a server that does not answer, and names that nobody knows."""
_NO_RIGHT = {401, 403}
# S3 sends those who ask in the wrong region elsewhere by 301 and 307; 501 is a store that lacks an operation
_WRONG = {301, 307, 400, 405, 501}
_WORTH_ANOTHER_TRY = {"RequestTimeout", "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"}
"""Codes of S3 that come with status 400 when a request was hurt on its way."""
# a shorter one may be a part of common words, which messages would lose
_SHORTEST_SECRET = 8
_WAYS_TO_SIGN_IN = {"google_default", "anonymous"}
"""Values of `token` that are no secrets."""


@contextmanager
def translated(
    what: str,
    missing: bool = False,
    writing: bool = False,
    secrets: tuple[str, ...] = (),
    passing: tuple[type[Exception], ...] = (),
) -> Iterator[None]:
    """Turn errors of the file system into ours.

    Args:
        what: What is read or written.
        missing: Leave the answer that it is not there as it is.
        writing: Something is written, for which nothing but the bucket has to be there.
        secrets: Texts that no message may show.
        passing: Errors that are left as they are.

    Raises:
        DestinationTerminalException: rights or the bucket are missing, or the settings are wrong.
        DestinationTransientException: anything else.
    """
    try:
        yield
    # a package that is missing is told by whoever opens the file system, with the extra to install
    except (DltException, ImportError):
        raise
    except Exception as error:
        if isinstance(error, passing):
            raise
        if missing and isinstance(error, FileNotFoundError):
            raise
        raise _meaning(what, error, writing, secrets) from error


def advice_on(error: BaseException) -> str | None:
    """Return what helps against an error of a store or of its client; None for one that is none, or has many causes.

    Args:
        error: The error.
    """
    chain = _chain(error)
    names = {kind.__name__ for found in chain for kind in type(found).__mro__}
    if _is_refused(chain, {status for found in chain if (status := _status(found)) is not None}, str(error)):
        return "Check the credentials of the configuration or the call, and what they may do, and run again."
    if names & _NO_CONNECTION:
        return "Check that the server runs and can be reached, and run again."
    # paramiko says so of keys that are missing, and of a server that speaks something else
    return "Check host, port and credentials, and run again." if "SSHException" in names else None


def _meaning(what: str, error: Exception, writing: bool, secrets: tuple[str, ...]) -> DestinationException:
    # Azure goes on with the whole answer
    text = redact(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}", secrets)
    chain = _chain(error)
    statuses = {status for found in chain if (status := _status(found)) is not None}
    kind, shown, advice = _kind(chain, statuses, str(error), writing)
    return store_error(kind, f"{what}: {f'{shown} ({text})' if shown else text}.", advice=advice)


def _kind(chain: list[BaseException], statuses: set[int], text: str, writing: bool) -> tuple[Kind, str, str | None]:
    """Return what an error is, how it is told, and what to do; None for what its kind tells."""
    error = chain[0]
    codes = {found.errno for found in chain if isinstance(found, OSError)}
    if codes & {errno.ENOSPC, errno.EDQUOT}:
        return "disk_full", "", None
    if errno.EROFS in codes:
        return "read_only", "", None
    # s3fs turns the codes that stand for a refusal into PermissionErrors
    if any(isinstance(found, PermissionError) for found in chain) or _is_refused(chain, statuses, text):
        return "right", "no right to read or write there", "Check the credentials, and what they may do."
    # an object needs no folder: only the bucket can be missing
    if writing and (isinstance(error, FileNotFoundError) or 404 in statuses):
        return "undefined", "there is no such bucket", "Create it, or correct bucket_url."
    if isinstance(error, ValueError) or (statuses & _WRONG and not _WORTH_ANOTHER_TRY & {_code(e) for e in chain}):
        return "refused", "the store does not take the request", "Check bucket_url, region and credentials."
    return "connection", "", None


def _is_refused(chain: list[BaseException], statuses: set[int], text: str) -> bool:
    if any(getattr(found, "retryable", False) for found in chain) or "rate limit" in text.lower():
        # Google says 403 when it is asked too often, and marks a token server that is down as worth another try
        return False
    names = {kind.__name__ for found in chain for kind in type(found).__mro__}
    # gcsfs says 403 in the text of an OSError only
    return bool(names & _NO_CREDENTIALS or statuses & _NO_RIGHT) or "Forbidden: " in text


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    # an error may be its own cause
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return found


def _status(error: BaseException) -> int | None:
    """Return the HTTP status that an error of boto, Azure or gcsfs stands for."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:
        found = getattr(error, "status_code", None) or getattr(error, "code", None)
    return int(str(found)) if str(found).isdigit() else None


def _code(error: BaseException) -> str | None:
    response = getattr(error, "response", None)
    return response.get("Error", {}).get("Code") if isinstance(response, dict) else None


def secrets_of(arguments: Mapping[str, object]) -> tuple[str, ...]:
    """Return the texts among the arguments of a file system that no message may show."""
    found: list[str] = []
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            found += secrets_of(value)
        elif not isinstance(value, str) or len(value) < _SHORTEST_SECRET or value in _WAYS_TO_SIGN_IN:
            continue
        elif may_be_secret_name(str(name)):
            found.append(value)
    return tuple(found)
