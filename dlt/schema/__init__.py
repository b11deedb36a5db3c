"""What tables look like: names, types, hints, contracts, and how they change."""
