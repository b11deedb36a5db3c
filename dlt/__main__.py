"""`python -m dlt`: the command without its script."""

import sys

from dlt.cli import main

if __name__ == "__main__":
    sys.exit(main())
