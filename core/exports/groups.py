"""Which images belong together: those of one patient, say."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from core.errors import UserError
from core.exports.labels_in import name_column, open_table


def groups_by_regex(names: Sequence[str], pattern: str) -> list[str]:
    """The group of each file name: the pattern's first group, or its whole match; empty where it does not match.

    Raises `UserError` when the pattern is none.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UserError(f"'{pattern}' is not a regular expression: {error}.") from error
    found = []
    for name in names:
        match = compiled.search(name)
        found.append("" if match is None else (match.group(1) if compiled.groups else match.group(0)) or "")
    return found


def groups_from_csv(path: Path, column: str) -> dict[str, str]:
    """file_name -> group, from a column of a CSV. Raises `UserError`."""
    with open_table(path) as (header, rows):
        names = name_column(path, header)
        if column not in header:
            raise UserError(f"{path.name} has no column '{column}'.", f"It has: {', '.join(header)}.")
        position = header.index(column)
        try:
            return {row[names]: row[position] for _, row in rows if len(row) == len(header)}
        except csv.Error as error:
            raise UserError(f"{path.name} cannot be read as CSV: {error}.") from error
