from collections.abc import Sequence

import pyarrow as pa

from dlt.destinations.impl.postgres.fields import Field

def rows(count: int, fields: Sequence[Field], arrays: Sequence[pa.Array]) -> bytes: ...
