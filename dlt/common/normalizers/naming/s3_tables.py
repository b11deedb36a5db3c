"""The naming convention s3_tables."""

from dlt.schema.naming import S3Tables as NamingConvention

S3_TABLES_MAX_IDENTIFIER_LENGTH = NamingConvention.MAX_LENGTH

__all__ = ["S3_TABLES_MAX_IDENTIFIER_LENGTH", "NamingConvention"]
