"""`python -m microfem` is the command line."""

from microfem.cli.main import main

main()
