"""What destinations with SQL share."""
