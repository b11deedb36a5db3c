"""Deterministic hashes that only the pipeline's own secret can reproduce."""

from __future__ import annotations

from base64 import b64encode

from dlt import context
from dlt.errors import PipelineNotActive


def anonymize(value: object) -> str | None:
    """Return a hash of a value, salted with the secret of the active pipeline; None stays None.

    Args:
        value: What to hide; its text is hashed.

    Raises:
        PipelineNotActive: there is no pipeline whose secret could be used.
    """
    import hashlib

    # the hash of nothing would be a value that all rows without one share
    if value is None:
        return None
    pipeline = context.current().pipeline or context.active_pipeline()
    if pipeline is None:
        raise PipelineNotActive("anonymize needs the secret of a pipeline, and none is active. Make a pipeline first.")
    key = str(pipeline.pipeline_secret).encode()
    # BLAKE2b takes keys of 64 bytes at most; text of a source may hold half of a surrogate pair
    digest = hashlib.blake2b(str(value).encode("utf-8", "surrogatepass"), key=key[:64], digest_size=24).digest()
    return b64encode(digest).decode("ascii")
