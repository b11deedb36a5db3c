"""DuckLake: tables in files, their catalog in a database."""
