"""One module for each destination."""
