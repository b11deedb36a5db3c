"""What the emulator of Redshift refuses, and how the rest is said to PostgreSQL.

The refusals are those of the SQL reference of Redshift, as far as a loader meets them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256

SETUP = """
CREATE DOMAIN super AS jsonb;
CREATE DOMAIN varbyte AS bytea;
CREATE FUNCTION json_parse(text) RETURNS super LANGUAGE sql AS $$ SELECT $1::jsonb::super $$;
CREATE FUNCTION from_hex(text) RETURNS varbyte LANGUAGE sql AS $$ SELECT decode($1, 'hex')::varbyte $$;
CREATE VIEW sys_session_history AS SELECT usesysid::text AS user_id, pid AS session_id, datname AS database_name,
    'active'::text AS status, backend_start AT TIME ZONE 'UTC' AS start_time
    FROM pg_stat_activity WHERE usename = current_user AND datname = current_database();
"""
MAX_LITERAL, MAX_STATEMENT, MAX_NAME = 65_535, 16 << 20, 127
_NAME = r"\x01\d+\x01(?:\.\x01\d+\x01)*"
REFUSED: tuple[tuple[str, str, str], ...] = (
    (r"\bON\s+CONFLICT\b", "42601", 'syntax error at or near "ON"'),
    (r"\bRETURNING\b", "42601", 'syntax error at or near "RETURNING"'),
    (r"\bJSONB?\b(?!\s*')", "42704", 'type "jsonb" does not exist'),
    (r"\bBYTEA\b", "0A000", 'Column has unsupported type "bytea".'),
    (r"::\s*REGCLASS\b", "0A000", "Specified types or functions not supported on Redshift tables."),
    (r"^\s*CREATE\s+(UNIQUE\s+)?INDEX\b", "0A000", 'SQL command "CREATE INDEX" not supported on Redshift tables.'),
    (r"\bADD\s+COLUMN\b[^;]*,\s*ADD\s+COLUMN\b", "42601", 'syntax error at or near ","'),
    (r"\bADD\s+COLUMN\s+IF\s+NOT\s+EXISTS\b", "42601", 'syntax error at or near "NOT"'),
    (r"\b(pg_(try_)?advisory\w*|hashtextextended)\s*\(", "42883", "function pg_advisory_lock does not exist"),
    (r"\bpg_terminate_backend\s*\(\s*(?!\d+\s*\))", "0A000", "pg_terminate_backend takes the number of one process"),
    (r"\bpg_stat_activity\b", "42703", 'column "application_name" does not exist in pg_stat_activity'),
    (r"^\s*LOCK\b[^;]*\bMODE\b", "42601", 'syntax error at or near "IN"'),
    (rf"^\s*DELETE\s+FROM\s+{_NAME}\s+(AS\s+)?(?!USING\b|WHERE\b)\w+", "42601", "syntax error: DELETE has no alias"),
    (r"^\s*DELETE\b[^;]*\bUSING\s*\(", "42601", 'syntax error at or near "("'),
    (r"\bSET\s+TRANSACTION\b", "42601", 'syntax error at or near "TRANSACTION"'),
    (r"\b(timestamp|time)\s*\(\d+\)", "42601", 'syntax error at or near "("'),
    (r"\bCOPY\b[^;]*\b(STDIN|STDOUT)\b", "0A000", "COPY from STDIN is not supported"),
    (r"\bMERGE\s+INTO\b[^;]*\bWHEN\s+NOT\s+MATCHED\s+BY\b", "42601", 'syntax error at or near "BY"'),
    (r"\bnumeric\s*\(\s*(39|[4-9]\d|\d{3,})", "22023", "NUMERIC precision must be between 1 and 38"),
    (r"\bTRUNCATE\b", "0A000", "TRUNCATE would commit the transaction, which no loader may do"),
)
_SAID_OTHERWISE: tuple[tuple[str, str], ...] = (
    (r"\bvarbyte\s*\(\d+\)", "varbyte"),
    (r"\bDISTSTYLE\s+\w+", ""),
    (rf"\b(DISTKEY|(COMPOUND\s+|INTERLEAVED\s+)?SORTKEY)\s*\(\s*{_NAME}(\s*,\s*{_NAME})*\s*\)", ""),
    (r"\bENCODE\s+\w+", ""),
    # Redshift only notes keys
    (r"\bPRIMARY\s+KEY\b", ""),
    # and makes short texts of those without a length
    (r"\bTEXT\b", "varchar(256)"),
    (r"\bVARCHAR\b(?!\s*\()(?!\s*\))", "varchar(256)"),
    (r"\bSET\s+enable_case_sensitive_identifier\b", "SET redshift.enable_case_sensitive_identifier"),
)
_PARTS = re.compile(r"""'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*\"""", re.DOTALL)


class Refusal(Exception):
    """An error that Redshift would answer with.

    Args:
        code: SQLSTATE.
        text: Message.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass
class Translator:
    """Statements of one session.

    Attributes:
        keeps_case: Names in quotes keep upper case.
        long_names: Names that PostgreSQL would cut, by what stands for them there.
    """

    keeps_case: bool = False
    long_names: dict[str, str] = field(default_factory=dict)

    def translate(self, sql: str) -> str:
        """Return SQL for PostgreSQL.

        Raises:
            Refusal: Redshift does not take it.
        """
        if len(sql.encode()) > MAX_STATEMENT:
            raise Refusal("54001", "Statement is too large. Statement Size: too large. Maximum Allowed: 16777216")
        kept: list[str] = []

        def keep(found: re.Match[str]) -> str:
            kept.append(self._part(found[0]))
            mark = "\x01" if found[0][0] == '"' else "\x02"
            return f"{mark}{len(kept) - 1}{mark}"

        code = _PARTS.sub(keep, sql)
        for pattern, state, text in REFUSED:
            for statement in code.split(";"):
                if re.search(pattern, statement, re.IGNORECASE):
                    raise Refusal(state, text)
        for pattern, other in _SAID_OTHERWISE:
            code = re.sub(pattern, other, code, flags=re.IGNORECASE)
        if found := re.search(r"redshift\.enable_case_sensitive_identifier\s+TO\s+(\w+)", code):
            self.keeps_case = found[1] == "true"
        return re.sub(r"([\x01\x02])(\d+)\1", lambda part: kept[int(part[2])], code)

    def _part(self, text: str) -> str:
        if text[0] == '"':
            name = text[1:-1].replace('""', '"')
            return '"' + self.shortened(name).replace('"', '""') + '"'
        if len(text.encode()) - 2 > MAX_LITERAL and len(_plain(text).encode()) > MAX_LITERAL:
            raise Refusal("22001", "String literal is too long: 65535 bytes is the maximum")
        for short, long in self.long_names.items():
            if text == f"'{long}'":
                return f"'{short}'"
        return text

    def shortened(self, name: str) -> str:
        """Return what stands for a name at PostgreSQL, whose limit is 63 bytes."""
        if not self.keeps_case:
            name = name.lower()
        raw = name.encode()
        if len(raw) > MAX_NAME:
            raise Refusal("42622", f"The length of the identifier {name} is too long. Maximum Allowed: 127")
        if len(raw) <= 63:
            return name
        short = f"{raw[:40].decode(errors='ignore')}_{sha256(raw).hexdigest()[:16]}"
        self.long_names[short] = name
        return short


def _plain(literal: str) -> str:
    return re.sub(r"\\(.)|''", lambda found: found[1] or "'", literal[1:-1], flags=re.DOTALL)
