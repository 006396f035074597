"""The choice of what computes. What there is must be told: asking takes torch, which the window never loads."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QWidget

from core.tasks.models import DeviceInfo
from medlabel_gui.panels.wide_combo import WideCombo
from medlabel_gui.settings import Settings
from medlabel_gui.texts.model import DeviceTexts, ModelTexts

AUTO = "auto"
_BY_PREFERENCE = ("cuda", "mps", "cpu")  # as the core's `auto` chooses
_ID = Qt.ItemDataRole.UserRole


class DeviceChoice(WideCombo):
    """Automatic and CPU until it is told what else there is; then all, those that are not there greyed.

    The last choice is remembered. While it is not there, Automatic holds.
    """

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._devices: tuple[DeviceInfo, ...] = ()
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self.setAccessibleName(DeviceTexts.name)
        self.activated.connect(self._remember)
        self.set_devices((DeviceInfo("cpu", DeviceTexts.cpu, 0, True),))

    def set_devices(self, devices: Sequence[DeviceInfo]) -> None:
        """Offer these, in their order."""
        self._devices = tuple(devices)
        self._items.clear()
        first = self._automatic()
        known = any(device.id != "cpu" for device in devices)
        title = DeviceTexts.automatic_is.format(title=_short(first)) if known and first else ""
        self._add(AUTO, title or DeviceTexts.automatic, DeviceTexts.tip)
        for device in devices:
            text = device_title(device)
            if not device.available:
                text = DeviceTexts.missing.format(title=text)
            self._add(device.id, text, device.why_not or text, device.available)
        usable = [AUTO, *(device.id for device in devices if device.available)]
        wanted = self._settings.device
        self.setCurrentIndex(self.findData(wanted if wanted in usable else AUTO, _ID))
        self._explain()

    def chosen(self) -> str:
        """What tasks take as `device`."""
        return str(self.currentData(_ID) or AUTO)

    def device(self) -> DeviceInfo | None:
        """What will compute; None while that is not known."""
        if self.chosen() == AUTO:
            known = any(device.id != "cpu" for device in self._devices)
            return self._automatic() if known else None
        return next((device for device in self._devices if device.id == self.chosen()), None)

    def _automatic(self) -> DeviceInfo | None:
        there = {device.id: device for device in self._devices if device.available}
        return next((there[name] for name in _BY_PREFERENCE if name in there), None)

    def _add(self, device: str, text: str, tip: str, enabled: bool = True) -> None:
        item = QStandardItem(text)
        item.setData(device, _ID)
        item.setEnabled(enabled)
        item.setToolTip(tip)
        item.setData(f"{text}: {tip}" if not enabled else text, Qt.ItemDataRole.AccessibleTextRole)
        self._items.appendRow(item)

    def _remember(self) -> None:
        self._settings.device = self.chosen()
        self._explain()

    def _explain(self) -> None:
        text = self.currentText()
        device = self.device()
        if self.chosen() == AUTO:
            text = "\n".join(filter(None, (text, device_title(device) if device else "", DeviceTexts.tip)))
        self.setToolTip(text)


def _short(device: DeviceInfo) -> str:
    """A name for a narrow box; the tooltip and the list below have the number of cores."""
    return DeviceTexts.cpu if device.id == "cpu" else device.title


def device_title(device: DeviceInfo) -> str:
    """The name with the memory, where it is known."""
    if not device.memory_bytes:
        return device.title
    count = f"{device.memory_bytes / 2**30:.0f}"
    memory = ModelTexts.gigabytes.format(count=count)
    return DeviceTexts.with_memory.format(title=device.title, memory=memory)
