"""The command line: `microfem` and `python -m microfem`."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly even while its modules are imported."""
    try:
        from microfem.cli.main import main as run_command

        run_command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
