"""The salt of hashes: a secret that all workers and all pipelines have whose keys are to be joined."""

from __future__ import annotations

from dlt.configuration.lookup import MISSING, find_value, get_value, missing
from dlt.errors import ConfigurationValueError

SETTING = "mask_salt"
_LEAST = 16
"""Characters; a shorter salt can be guessed, and with it the values."""
_ADVICE = (
    'Make one with python -c "import secrets; print(secrets.token_urlsafe(32))", keep it, and give it to all workers '
    "and all pipelines whose keys are to be joined: with another salt equal values have other hashes."
)


def salt_for(what: str) -> bytes:
    """Return the salt.

    Args:
        what: What needs it, for messages.

    Raises:
        ConfigFieldMissingException: there is none.
        ConfigurationValueError: it is too short.
    """
    value, trace = find_value(SETTING, secret=True)
    if value is MISSING:
        error = missing(what, {SETTING: trace}, {SETTING}, advice=_ADVICE)
        # it stands in the message, and the step that fails would tell it a second time
        error.advice = ""
        raise error
    salt = get_value(SETTING, str, secret=True)
    if len(salt) < _LEAST:
        raise ConfigurationValueError(
            f"{SETTING} has {len(salt)} characters, and {what} needs {_LEAST} at least: who guesses it finds the "
            f"values. {_ADVICE}"
        )
    return salt.encode()
