"""What the window remembers between two starts: geometry and last choices, in an INI file."""

from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSettings

from core.project.locations import data_folder

TILE_SIDES = (80, 256)
_TILE_SIDE = 136


class Settings:
    """Typed access to `window.ini` in the user's data folder. A value without sense counts as absent."""

    def __init__(self, parent: QObject | None = None) -> None:
        self._store = QSettings(str(data_folder() / "window.ini"), QSettings.Format.IniFormat, parent)

    @property
    def geometry(self) -> QByteArray:
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("window/geometry", value)

    @property
    def layout(self) -> QByteArray:
        """Docks and toolbars, as QMainWindow.saveState gives them."""
        return self._bytes("window/layout")

    @layout.setter
    def layout(self, value: QByteArray) -> None:
        self._store.setValue("window/layout", value)

    @property
    def tile_side(self) -> int:
        """Side of a thumbnail in device-independent pixels."""
        stored = str(self._store.value("grid/tile_side", _TILE_SIDE))
        side = int(stored) if stored.isdigit() else _TILE_SIDE
        return min(max(side, TILE_SIDES[0]), TILE_SIDES[1])

    @tile_side.setter
    def tile_side(self, value: int) -> None:
        self._store.setValue("grid/tile_side", value)

    @property
    def model(self) -> str:
        """Id of the model that was chosen last; empty for the default."""
        return str(self._store.value("label/model", ""))

    @model.setter
    def model(self, value: str) -> None:
        self._store.setValue("label/model", value)

    def folder(self, purpose: str) -> Path:
        """The folder last used for `purpose` ('open', 'export'); the home folder at first."""
        stored = str(self._store.value(f"folders/{purpose}", ""))
        return Path(stored) if stored and Path(stored).is_dir() else Path.home()

    def set_folder(self, purpose: str, folder: Path) -> None:
        self._store.setValue(f"folders/{purpose}", str(folder))

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()
