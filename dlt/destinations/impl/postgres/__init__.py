"""Parts of the Postgres destination: types, errors, COPY and results."""
