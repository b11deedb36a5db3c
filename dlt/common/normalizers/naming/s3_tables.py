"""The naming convention of S3 Tables, under its name of PyPI `dlt` 1.x: it says at use what to do instead."""

from dlt.absent import absent

S3_TABLES_MAX_IDENTIFIER_LENGTH = 255

NamingConvention = absent(
    "dlt.common.normalizers.naming.s3_tables.NamingConvention", "Use snake_case; the catalog of S3 Tables is not here."
)
