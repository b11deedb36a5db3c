"""The parts of the Redshift destination."""
