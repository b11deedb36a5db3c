"""The state of a pipeline: what it holds, and what an extract changed in it."""
