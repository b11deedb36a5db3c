"""`python -m dlt`, and the script `dlt`: what is imported while Ctrl-C may come already."""

import sys


def main() -> int:
    """Run the command; return its exit code."""
    try:
        # the command imports much, and a person who sees nothing yet presses Ctrl-C
        from dlt.cli import main as command
    except KeyboardInterrupt:
        print("dlt: error: stopped by SIGINT", file=sys.stderr)
        return 130
    return command()


if __name__ == "__main__":
    sys.exit(main())
