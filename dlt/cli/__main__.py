"""`python -m dlt.cli`: the command without its script."""

import sys

from dlt.cli import main

sys.exit(main())
