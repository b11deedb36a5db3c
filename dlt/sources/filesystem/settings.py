"""What holds where a call says nothing."""

DEFAULT_CHUNK_SIZE = 100
"""Files of one page of the listing."""
