"""BigQuery by parts: types, tables, jobs, errors, and the client that uses them.

Not named bigquery: that is the destination itself, `dlt.destinations.bigquery`.
"""
