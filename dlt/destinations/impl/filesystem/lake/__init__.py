"""Open table formats over the files of a dataset: the log of Delta Lake and the metadata of Apache Iceberg."""
