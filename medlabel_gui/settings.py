"""What the window remembers between two starts: geometry and last choices, in an INI file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QSettings

from core.project.locations import data_folder

TILE_SIDES = (80, 256)
THEMES = ("system", "light", "dark")
_TILE_SIDE = 136
_RECENT = 10


class Settings:
    """Typed access to `window.ini` in the user's data folder. A value without sense counts as absent."""

    def __init__(self, parent: QObject | None = None) -> None:
        self._store = QSettings(str(data_folder() / "window.ini"), QSettings.Format.IniFormat, parent)

    # The window

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
    def theme(self) -> str:
        """One of `THEMES`; `system` follows the desktop."""
        stored = self._text("window/theme")
        return stored if stored in THEMES else THEMES[0]

    @theme.setter
    def theme(self, value: str) -> None:
        self._store.setValue("window/theme", value)

    @property
    def tile_side(self) -> int:
        """Side of a thumbnail in device-independent pixels."""
        stored = self._text("grid/tile_side")
        side = int(stored) if stored.isdecimal() else _TILE_SIDE
        return min(max(side, TILE_SIDES[0]), TILE_SIDES[1])

    @tile_side.setter
    def tile_side(self, value: int) -> None:
        self._store.setValue("grid/tile_side", value)

    @property
    def keep_thumbnails(self) -> bool:
        """Whether thumbnails of images that are slow to read are kept on disk."""
        return self._text("grid/keep_thumbnails") != "false"

    @keep_thumbnails.setter
    def keep_thumbnails(self, value: bool) -> None:
        self._store.setValue("grid/keep_thumbnails", "true" if value else "false")

    @property
    def shortcuts(self) -> dict[str, tuple[str, ...]]:
        """Key sequences (portable text) by action id, where they are not those of the action table."""
        stored = self._json("keys/shortcuts", {})
        if not isinstance(stored, dict):
            return {}
        return {str(name): tuple(map(str, keys)) for name, keys in stored.items() if isinstance(keys, list)}

    @shortcuts.setter
    def shortcuts(self, value: Mapping[str, Sequence[str]]) -> None:
        self._store.setValue("keys/shortcuts", json.dumps({name: list(keys) for name, keys in value.items()}))

    # Who sits here

    @property
    def author(self) -> str:
        """The name that is written with every decision; empty until somebody gave one."""
        return self._text("person/name").strip()

    @author.setter
    def author(self, value: str) -> None:
        self._store.setValue("person/name", value.strip())

    @property
    def terms_seen(self) -> bool:
        """Whether somebody was told that this is for research only."""
        return self._text("person/terms_seen") == "true"

    @terms_seen.setter
    def terms_seen(self, value: bool) -> None:
        self._store.setValue("person/terms_seen", "true" if value else "false")

    # Last choices

    @property
    def model(self) -> str:
        """Id of the model that was chosen last; empty for the default."""
        return self._text("label/model")

    @model.setter
    def model(self, value: str) -> None:
        self._store.setValue("label/model", value)

    @property
    def model_folders(self) -> tuple[str, ...]:
        """Model folders of this machine that were opened, as paths."""
        return self._texts("label/model_folders")

    @model_folders.setter
    def model_folders(self, value: Sequence[str]) -> None:
        self._store.setValue("label/model_folders", json.dumps(list(value)))

    @property
    def device(self) -> str:
        """`auto`, `cpu`, `cuda` or `mps`."""
        return self._text("label/device") or "auto"

    @device.setter
    def device(self, value: str) -> None:
        self._store.setValue("label/device", value)

    @property
    def recent(self) -> tuple[Path, ...]:
        """What was opened last, the newest first. It may be gone by now."""
        return tuple(Path(text) for text in self._texts("folders/recent"))

    def add_recent(self, path: Path) -> None:
        """Put `path` at the top of what was opened last."""
        paths = [str(path), *(str(other) for other in self.recent if other != path)]
        self._store.setValue("folders/recent", json.dumps(paths[:_RECENT]))

    def forget_recent(self) -> None:
        """Empty the list of what was opened last."""
        self._store.remove("folders/recent")

    def choices(self, dialog: str) -> dict[str, Any]:
        """The last choices in a dialog, as JSON values by name; whoever reads them checks them."""
        stored = self._json(f"choices/{dialog}", {})
        return stored if isinstance(stored, dict) else {}

    def set_choices(self, dialog: str, values: Mapping[str, Any]) -> None:
        self._store.setValue(f"choices/{dialog}", json.dumps(dict(values)))

    def folder(self, purpose: str) -> Path:
        """The folder last used for `purpose` ('open', 'export'); the home folder at first."""
        stored = self._text(f"folders/{purpose}")
        return Path(stored) if stored and Path(stored).is_dir() else Path.home()

    def set_folder(self, purpose: str, folder: Path) -> None:
        self._store.setValue(f"folders/{purpose}", str(folder))

    def _text(self, key: str) -> str:
        return str(self._store.value(key, ""))

    def _texts(self, key: str) -> tuple[str, ...]:
        stored = self._json(key, [])
        return tuple(map(str, stored)) if isinstance(stored, list) else ()

    def _json(self, key: str, default: Any) -> Any:
        try:
            return json.loads(self._text(key) or "null") or default
        except ValueError:
            return default

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()
