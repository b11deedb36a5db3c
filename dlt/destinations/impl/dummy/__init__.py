"""A destination that loads nothing."""
