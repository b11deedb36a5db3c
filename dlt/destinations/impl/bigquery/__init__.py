"""BigQuery: load jobs that run once, one transaction to publish."""
