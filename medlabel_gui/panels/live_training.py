"""The training that runs now: its epochs, and how far the one in work is."""

from core.refine.events import BatchEnd, EpochEnd
from medlabel_gui.panels.curve_runs import LIVE, RunCurves


class LiveTraining:
    """Collects the events of one job. A job may train again from its first epoch: the later training counts."""

    def __init__(self) -> None:
        self.epochs: list[EpochEnd] = []
        self.batch: BatchEnd | None = None  # the newest of the epoch in work
        self.running = False
        self._network = ""

    @property
    def exists(self) -> bool:
        """Whether there is something to show."""
        return self.running or bool(self.epochs)

    def start(self) -> None:
        """A training begins."""
        self.forget()
        self.running = True

    def end(self) -> None:
        """It is over; its epochs stay."""
        self.running, self.batch = False, None

    def forget(self) -> None:
        """It is stored now, or belongs to another project."""
        self.end()
        self.epochs, self._network = [], ""

    def add_epoch(self, epoch: EpochEnd) -> None:
        """An epoch has ended."""
        if self.epochs and epoch.epoch <= self.epochs[-1].epoch:
            self.epochs = []
        self.epochs.append(epoch)
        self._network = epoch.network or self._network
        self.batch = None

    def add_batch(self, batch: BatchEnd) -> None:
        """A batch has ended."""
        self.batch = batch
        self._network = batch.network or self._network

    def curves(self, number: int) -> RunCurves:
        """As the panel shows it."""
        return RunCurves(
            LIVE,
            number,
            tuple(self.epochs),
            not self.running,
            network=self._network,
            seconds=sum(e.seconds for e in self.epochs),
        )
