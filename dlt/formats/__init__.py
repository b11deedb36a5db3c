"""Files that pass between the steps: one module per on-disk format."""
