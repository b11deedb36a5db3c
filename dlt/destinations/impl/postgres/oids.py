"""Numbers by which PostgreSQL calls its types.

They are those of https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
"""

BOOL, BYTEA, BIGINT, SMALLINT, INTEGER, TEXT, JSON, REAL, DOUBLE = 16, 17, 20, 21, 23, 25, 114, 700, 701
CHARACTER, VARCHAR, DATE, TIME, TIMESTAMP, TIMESTAMP_TZ, NUMERIC, JSONB = 1042, 1043, 1082, 1083, 1114, 1184, 1700, 3802
