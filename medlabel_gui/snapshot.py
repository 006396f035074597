"""Everything that the window shows of a project, read at one instant in a worker thread."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.project import path_texts
from core.project.project import Project
from core.project.records import ImageClass, Run
from core.project.table import Floats, LabelTable


@dataclass(frozen=True)
class ClassProbabilities:
    """What a run says of the images. `values` (m, k) float32 memory map, NaN rows where there is nothing.

    `columns` (classes,) is the column of each class of the table, -1 for a class that the run did not know.
    """

    values: npt.NDArray[np.float32]
    columns: npt.NDArray[np.int32]

    @classmethod
    def of(
        cls, run: Run, values: npt.NDArray[np.float32], classes: tuple[ImageClass, ...]
    ) -> "ClassProbabilities":
        found = {class_id: column for column, class_id in enumerate(run.class_ids)}
        return cls(values, np.array([found.get(c.id, -1) for c in classes], np.int32))

    def of_row(self, row: int) -> Floats | None:
        """(classes,) float32 of one image, NaN for a class the run did not know; None where there is nothing."""
        if row >= len(self.values) or np.isnan(self.values[row]).any():
            return None
        found = np.full(len(self.columns), np.nan, np.float32)
        known = self.columns >= 0
        found[known] = self.values[row][self.columns[known]]
        return found

    def margins(self, n: int) -> Floats:
        """(n,) float32: the best probability less the second best, NaN where there is nothing."""
        result = np.full(n, np.nan, np.float32)
        m = min(n, len(self.values))
        if self.values.shape[1] >= 2 and m:
            top = np.partition(self.values[:m], -2, axis=1)[:, -2:]
            result[:m] = top[:, 1] - top[:, 0]
        return result


@dataclass(frozen=True)
class Snapshot:
    """A project's table with the runs that its labels come from. Its label columns may be written to.

    `runs` are all, oldest first; `model` is the folder of what the refinement trained, if it is kept;
    `margin` (n,) float32 is the uncertainty margin of the delivering run.
    """

    table: LabelTable
    stage_one: Run | None = None
    refinement: Run | None = None
    runs: tuple[Run, ...] = ()
    stage_one_probabilities: ClassProbabilities | None = None
    refined_probabilities: ClassProbabilities | None = None
    model: Path | None = None
    margin: Floats = field(default_factory=lambda: np.empty(0, np.float32))

    @property
    def delivering(self) -> bool:
        """Whether the refinement's labels are the delivered ones."""
        return self.refinement is not None and self.refinement.delivers


def load_snapshot(folder: Path) -> Snapshot:
    """Read everything that the window shows; takes seconds for a million images. Any thread."""
    with Project.open(folder) as project:
        table = project.table()
        path_texts.prepare(table)  # here, not at the first key press on the main thread
        first, second = project.runs.stage_one(), project.runs.refinement()
        of_first, of_second = (
            None
            if run is None
            else ClassProbabilities.of(run, project.runs.probabilities(run), table.classes)
            for run in (first, second)
        )
        runs = tuple(project.runs.all())
        model = project.runs.model_of(second) if second is not None else None
    delivering = of_second if second is not None and second.delivers else of_first
    n = len(table)
    margin = np.full(n, np.nan, np.float32) if delivering is None else delivering.margins(n)
    return Snapshot(table, first, second, runs, of_first, of_second, model, margin)
