"""What all tests share: property tests that give the same result each time, and the command line in process."""

from __future__ import annotations

import pytest
from hypothesis import settings

from microfem.cli.main import main
from support.commands import Command, Ended

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that renews stored pictures."""
    parser.addoption("--renew", action="store_true", help="store the pictures of tests/images as they are drawn now")


@pytest.fixture
def microfem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line here; `microfem("check", path)` returns status, output and errors."""

    def command(*arguments: object) -> Ended:
        monkeypatch.setattr("sys.argv", ["microfem", *map(str, arguments)])
        capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        told = capsys.readouterr()
        return Ended(status, told.out, told.err)

    return command
