"""Redshift: what differs from Postgres, and COPY from S3."""
