"""Studies that are wrong a thousand times or in long names: told in linear time, in a page, and no secret with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from microfem.base.errors import MOST_TOLD, InputError
from microfem.study.reader import load_study
from support.study_files import GOOD, error_of

DIGITS = "1" * 500_000
SECRETS = ["root:x:0:0:root:/root:/bin/sh\nadmin:!:17:::::\n", "- hunter2\n", "key: !secret *hunter2\n", "hunter2: [\n"]

HOSTILE: dict[str, Callable[[], str]] = {
    "digits": lambda: GOOD.replace("300 um", DIGITS + "x", 1),
    "a number": lambda: GOOD.replace("20000", DIGITS, 1),
    "a fraction": lambda: GOOD.replace("2 %", f"0.{DIGITS} %", 1),
    "a power": lambda: GOOD.replace("300 um", f"300 m{DIGITS}", 1),
    "lines in a number": lambda: GOOD.replace("300 um", '"1' + " \\n" * 100_000 + '"', 1),
    "a name": lambda: GOOD.replace("case: field", f"case: {DIGITS}", 1),
    "unknown keys": lambda: GOOD + "".join(f"accuracy{k}: 1\n" for k in range(40_000)),
    "keys twice": lambda: GOOD + "name: a\n" * 40_000,
    "misspelt names": lambda: GOOD.replace(
        "metrics:\n", "metrics:\n" + "".join(f"  m{k}: resistance(feld{k})\n" for k in range(3000))
    ),
    "misspelt among many": lambda: GOOD.replace(
        "expect:\n",
        "expect:\n" + "".join(f"  strait{k}: {{m: {{min: 1, why: because}}}}\n" for k in range(3000)),
    ).replace("  rings:", "".join(f"  straits{k}: {k}.yaml\n" for k in range(3000)) + "  rings:"),
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in HOSTILE])
def test_hostile_studies_are_refused_in_a_page_in_seconds(tmp_path: Path, name: str) -> None:
    text = HOSTILE[name]()
    assert text != GOOD
    start = time.process_time()
    message = str(error_of(tmp_path, text))
    assert time.process_time() - start < 30.0
    assert len(message) < 60_000
    assert message.count("^") <= MOST_TOLD


def test_many_problems_are_told_as_many(tmp_path: Path) -> None:
    message = str(error_of(tmp_path, GOOD + "".join(f"accuracy{k}: 1\n" for k in range(60))))
    assert message.count("unknown key") == MOST_TOLD
    assert message.endswith("and more problems")


def test_an_excerpt_of_a_long_line_shows_its_place(tmp_path: Path) -> None:
    text = GOOD.replace("gap: 300 um", " " * 3000 + "gap: 300", 1)
    *_, excerpt, caret = str(error_of(tmp_path, text)).splitlines()
    assert len(excerpt) < 200
    assert excerpt[caret.index("^") :].startswith("gap: 300,")


def test_characters_that_control_a_terminal_are_escaped(tmp_path: Path) -> None:
    text = GOOD.replace("case: field", 'case: "\\e[31mred\u202e"', 1)
    message = str(error_of(tmp_path, text))
    assert "no case '\\x1b[31mred\\u202e'" in message
    assert "\u202e" not in message


@pytest.mark.parametrize("text", SECRETS)
def test_a_file_that_is_no_study_is_not_quoted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secret"
    path.write_text(text)
    with pytest.raises(InputError, match="designs: this key is missing") as caught:
        load_study(path)
    study = str(error_of(tmp_path, GOOD.replace("rings: rings.yaml", "rings: secret")))
    assert "family or layers: this key is missing" in study
    for word in ("hunter2", "root", "admin"):
        assert word not in str(caught.value).replace(str(path), "")
        assert word not in study.replace(str(tmp_path), "")
