"""Sample files that name the values which specs ask for."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping, MutableMapping, Sequence

from dlt.configuration.resolve import spec_kinds
from dlt.configuration.spec import BaseConfiguration, is_final, is_secret, optional
from dlt.configuration.values import bare

Table = MutableMapping[str, object]
_EXAMPLES: dict[object, object] = {
    bool: False,
    int: 0,
    float: 0.0,
    decimal.Decimal: "0.0",
    datetime.datetime: "2025-01-01T00:00:00Z",
    datetime.date: "2025-01-01",
    list: [],
    dict: {},
}


def sample_files(specs: Mapping[Sequence[str], type[BaseConfiguration]]) -> tuple[str, str]:
    """Return the text of config.toml and of secrets.toml with all required values, to be filled in.

    Args:
        specs: Specs by their sections.
    """
    import tomlkit

    plain, secret = tomlkit.document(), tomlkit.document()
    for sections, spec in specs.items():
        _describe(spec, list(sections), plain, secret)
    return tomlkit.dumps(plain), tomlkit.dumps(secret)


def _describe(spec: type[BaseConfiguration], sections: list[str], plain: Table, secret: Table) -> None:
    wanted = set(spec().missing_fields())
    for name, hint in spec.__config_fields__.items():
        if nested := spec_kinds(hint):
            if not optional(hint):
                _describe(nested[0], [*sections, name], plain, secret)
            continue
        if name not in wanted or is_final(hint):
            continue
        # all fields of credentials go into secrets.toml, so that they stand together
        table = secret if spec.is_credentials or is_secret(hint) else plain
        for section in sections:
            inner = table.setdefault(section, {})
            assert isinstance(inner, MutableMapping)
            table = inner
        table[name] = _EXAMPLES.get(bare(hint), "<fill in>")
