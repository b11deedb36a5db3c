"""Postgres: COPY in the binary format, one transaction with DDL."""
