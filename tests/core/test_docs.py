"""That the documentation names what is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"`([a-z0-9_]+)`")


def named_tests(text: str) -> set[str]:
    """What stands in the last column of a table between backticks: tests without their `test_that_`."""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return {name for row in rows for name in _NAME.findall(row.rsplit("|", 2)[1]) if "_" in name}


def test_that_every_test_which_the_table_of_formats_names_is_there() -> None:
    named = named_tests((ROOT / "docs/formats.md").read_text(encoding="utf-8"))
    there = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 100
    assert sorted(name for name in named if f"def test_that_{name}(" not in there) == []
