"""Files of packages."""
