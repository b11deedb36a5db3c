"""PyPI `dlt` 1.x beside this library, each in an environment of its own: a program gets the same from both."""
