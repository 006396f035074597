"""The window on real images: opening, scrolling, and its event loop while it labels and trains."""

import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.datasets.samples import sample_images_folder
from tests.benchmarks.rows import Row

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
_CLASSES = ("chest x-ray", "abdominal ct", "breast mri", "chest ct", "hand x-ray", "head ct")
_PATIENCE = 900.0


def images_for(folder: Path, each: int) -> Path:
    """A folder of real images (`each` a class of MedNIST where it is at hand, 0 for all), else of the samples."""
    archive = SHARED / "mednist.zip"
    target = folder / "images"
    if not archive.is_file():
        for copy in range(max(1, each // 20)):
            shutil.copytree(sample_images_folder(), target / str(copy))
        return target
    with zipfile.ZipFile(archive) as opened:
        taken: dict[str, int] = {}
        for name in sorted(opened.namelist()):
            group = name.rpartition("/")[0]
            taken[group] = taken.get(group, 0) + 1
            if not name.endswith("/") and (not each or taken[group] <= each):
                opened.extract(name, target)
    return target


def measure(each_open: int, each_label: int) -> list[Row]:
    """Open a folder with `each_open` images a class (0 for all), then label and refine `each_label` a class."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        os.environ["MEDLABEL_HOME"] = str(root / "home")
        large = images_for(root / "large", each_open)
        small = images_for(root / "small", each_label)
        return _run(large, small)


def _run(large: Path, small: Path) -> list[Row]:
    from core.processes import WorkerProcess
    from medlabel_gui.app import make_application
    from medlabel_gui.garbage import MainThreadCollector
    from medlabel_gui.jobs import JobRunner
    from medlabel_gui.main_window import MainWindow
    from medlabel_gui.settings import Settings
    from medlabel_gui.theme import apply_theme
    from tests.benchmarks.lag import Lag, Script

    sys.setswitchinterval(0.001)
    app = make_application(["bench"])
    apply_theme(app, "light")
    collector, runner, worker = MainThreadCollector(app), JobRunner(app), WorkerProcess()
    window = MainWindow(runner, Settings(app), worker)
    window.resize(1366, 740)
    window.show()
    lag = Lag(app)
    story = Story(window, lag, large, small)
    ended: list[bool] = []

    def end(well: bool) -> None:
        ended.append(well)
        app.exit(0)

    script = Script(story.steps(), _PATIENCE, end, app)
    app.exec()
    del script
    runner.shutdown()
    worker.close()
    collector.stop()
    rows = [*story.rows, *lag.rows("50 ms")]
    return rows if ended == [True] else [*rows, Row("the run did not reach its end", 1, "", "0")]


class Story:
    """What is done, in order; figures gather in `rows`."""

    def __init__(self, window, lag, large: Path, small: Path) -> None:
        self.window, self.lag, self.large, self.small = window, lag, large, small
        self.rows: list[Row] = []

    def steps(self) -> Iterator:
        from tests.benchmarks.lag import pause

        self.window.work.prepare()
        yield pause(0.5)
        yield from self._open()
        yield from self._scroll()
        yield from self._label()

    def _idle(self) -> bool:
        return not self.window.work.busy

    def _open(self) -> Iterator:
        window, parts = self.window, self.window.parts
        yield lambda: not window.runner.jobs  # the worker's process has imported what it needs
        found: dict[str, float] = {}
        started = time.perf_counter()
        parts.loader.loaded.connect(lambda _: found.setdefault("first", time.perf_counter() - started))
        self.lag.stage = "opening"
        window.open_path(self.large)
        yield lambda: self._idle() and window.session.table is not None and "first" in found
        found["scan"] = time.perf_counter() - started
        yield lambda: not window.runner.jobs
        self.lag.stage = ""
        n = len(window.session.table)
        self.rows.append(Row(f"open {n:,} files: first thumbnail", found["first"], "s", "1 s"))
        self.rows.append(Row(f"open {n:,} files: scan finished", found["scan"], "s", "15 s"))

    def _scroll(self) -> Iterator:
        bar = self.window.parts.view.verticalScrollBar()
        yield from self._frames("leaps from end to end", [bar.maximum() * step // 400 for step in range(400)])
        step = bar.pageStep() // 3
        yield from self._frames("a third of a page a frame, thumbnails coming", range(0, 300 * step, step))

    def _frames(self, how: str, places: Sequence[int]) -> Iterator:
        """Each frame is what the view does for a new place, with what arrived of thumbnails since the last one."""
        from tests.benchmarks.lag import pause

        view = self.window.parts.view
        frames = []
        for place in places:
            yield pause(0.016)
            begun = time.perf_counter()
            view.verticalScrollBar().setValue(place)
            view.viewport().repaint()
            frames.append(1000 * (time.perf_counter() - begun))
        late = sorted(frames)
        p99 = late[int(0.99 * (len(late) - 1))]
        self.rows.append(Row(f"scroll, {how}: frame, 99th percentile", p99, "ms", "16 ms"))
        self.rows.append(Row(f"scroll, {how}: frame, worst", late[-1], "ms", "33 ms"))

    def _label(self) -> Iterator:
        from core.project.class_edits import add

        window, session = self.window, self.window.session
        window.open_path(self.small)
        yield lambda: self._idle() and not window.runner.jobs
        session.execute(add((), [(name, ()) for name in _CLASSES], session.next_class_id))
        yield lambda: not window.runner.jobs
        for stage, action in (("labelling", "label"), ("training", "refine")):
            self.lag.stage = stage
            begun = time.perf_counter()
            window.actions_table[action].trigger()
            yield lambda: not window.runner.jobs
            self.lag.stage = ""
            n, seconds = len(session.table), time.perf_counter() - begun
            self.rows.append(Row(f"{stage} {n:,} images, with everything around it", seconds, "s"))
