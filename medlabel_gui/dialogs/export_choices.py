"""What was chosen in the export dialog; plain data, kept between two starts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.tasks.export import FITS, FORMATS, ExportSpec, GroupRule, Status
from core.tasks.patients import BY_PATIENT, ExportByPatientSpec
from medlabel_gui.texts.export import GroupTexts, SplitTexts, WhichTexts

KEEP, NOTHING, PATTERN, COLUMN, PATIENT = "keep", "nothing", "pattern", "column", BY_PATIENT
MAX_SIDE = 4096
MAX_SEED = 999_999
DEFAULT_RATIOS = (70, 10, 20)


@dataclass(frozen=True)
class GroupChoice:
    """What is kept together: `by` is KEEP, NOTHING, PATTERN, COLUMN or PATIENT."""

    by: str = NOTHING
    pattern: str = ""
    csv: str = ""
    column: str = ""

    def rule(self, has_groups: bool) -> GroupRule | None:
        """For `ExportSpec`; the project keeps it. None for KEEP, and for PATIENT, which has a spec of its own."""
        if self.by == PATTERN:
            return GroupRule(pattern=self.pattern)
        if self.by == COLUMN:
            return GroupRule(csv=Path(self.csv), column=self.column)
        return GroupRule() if self.by == NOTHING and has_groups else None


@dataclass(frozen=True)
class ExportChoices:
    """`statuses` and `split` are chosen for each format; `ratios` in percent; `size` 0 for the images' own."""

    format: str = "csv"
    statuses: Mapping[str, frozenset[Status]] = field(
        default_factory=lambda: {name: form.statuses for name, form in FORMATS.items()}
    )
    split: Mapping[str, bool] = field(
        default_factory=lambda: {name: name in ("csv", "npz") for name in FORMATS}
    )
    ratios: tuple[int, int, int] = DEFAULT_RATIOS
    seed: int = 0
    groups: GroupChoice = GroupChoice()
    size: int = 0
    fit: str = "pad"
    grey: bool | None = None
    excel: bool = False

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ExportChoices":
        """What `to_json` gave; whatever makes no sense is as if it had not been chosen."""
        usual = cls()
        groups = _mapping(stored.get("groups"))
        return cls(
            format=_one_of(stored.get("format"), tuple(FORMATS), usual.format),
            statuses=_statuses(_mapping(stored.get("statuses")), usual.statuses),
            split={
                name: _flag(_mapping(stored.get("split")).get(name), usual.split[name]) for name in FORMATS
            },
            ratios=_ratios(stored.get("ratios")),
            seed=_number(stored.get("seed"), 0, MAX_SEED, 0),
            groups=GroupChoice(pattern=_text(groups.get("pattern")), column=_text(groups.get("column"))),
            size=_number(stored.get("size"), 0, MAX_SIDE, 0),
            fit=_one_of(stored.get("fit"), tuple(FITS), usual.fit),
            grey=stored.get("grey") if isinstance(stored.get("grey"), bool) else None,
            excel=_flag(stored.get("excel"), False),
        )

    def to_json(self) -> dict[str, Any]:
        """JSON values. What is kept together belongs to the project: only the texts are kept for the next time."""
        values = asdict(self)
        values["ratios"] = list(self.ratios)
        values["statuses"] = {name: sorted(s.name for s in chosen) for name, chosen in self.statuses.items()}
        values["groups"] = {"pattern": self.groups.pattern, "column": self.groups.column}
        return values

    @property
    def problem(self) -> str:
        """Why this cannot be exported; empty when it can."""
        if not self.statuses[self.format]:
            return WhichTexts.none
        if self.format == "report":
            return ""
        if self.split[self.format] and sum(self.ratios) != 100:
            return SplitTexts.sum.format(sum=sum(self.ratios))
        by, groups = self.groups.by, self.groups
        if by == PATTERN and not groups.pattern:
            return GroupTexts.no_pattern
        if by == COLUMN and not groups.csv:
            return GroupTexts.no_file
        return GroupTexts.no_column if by == COLUMN and not groups.column else ""

    def spec(self, project: Path, out: Path, has_groups: bool) -> ExportSpec:
        """What to export. `has_groups` says whether the project has groups of an earlier export.

        Statuses that nobody changed are the format's own: then what people keep out is in no split.
        """
        chosen = self.statuses[self.format]
        split = self.split[self.format] and self.format != "report"
        ratios = self.ratios if sum(self.ratios) == 100 else DEFAULT_RATIOS
        by_patient = self.groups.by == PATIENT and self.format != "report"
        kind = ExportByPatientSpec if by_patient else ExportSpec
        return kind(
            project,
            self.format,
            out,
            statuses=None if chosen == FORMATS[self.format].statuses else chosen,
            ratios=(ratios[0] / 100, ratios[1] / 100, ratios[2] / 100),
            seed=self.seed,
            size=self.size or None,
            grey=self.grey,
            groups=None if self.format == "report" else self.groups.rule(has_groups),
            excel=self.excel,
            split=split,
            fit=self.fit,
        )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _one_of(value: Any, known: tuple[str, ...], usual: str) -> str:
    return value if isinstance(value, str) and value in known else usual


def _flag(value: Any, usual: bool) -> bool:
    return value if isinstance(value, bool) else usual


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any, low: int, high: int, usual: int) -> int:
    good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    return value if good else usual


def _ratios(value: Any) -> tuple[int, int, int]:
    if not isinstance(value, list) or len(value) != 3:
        return DEFAULT_RATIOS
    train, val, test = (_number(part, 0, 100, -1) for part in value)
    return (train, val, test) if min(train, val, test) >= 0 else DEFAULT_RATIOS


def _statuses(
    value: Mapping[str, Any], usual: Mapping[str, frozenset[Status]]
) -> dict[str, frozenset[Status]]:
    known = Status.__members__
    found = {}
    for name, default in usual.items():
        names = value.get(name)
        listed = names if isinstance(names, list) else []
        chosen = frozenset(known[text] for text in listed if isinstance(text, str) and text in known)
        found[name] = chosen or default
    return found
