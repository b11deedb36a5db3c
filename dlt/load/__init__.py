"""Load: a normalized package into a destination, in one transaction."""
