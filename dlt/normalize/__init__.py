"""The second step: extracted packages into typed, flat, named tables."""
