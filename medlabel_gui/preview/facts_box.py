"""What is known of the shown image's file."""

from datetime import datetime
from pathlib import PurePosixPath

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from core.images.details import ImageDetails
from core.images.formats.registry import is_plain
from core.images.refs import ImageRef
from core.project.table import LabelTable
from medlabel_gui.icons import set_icon
from medlabel_gui.preview.chips import ElidedLabel
from medlabel_gui.preview.reading import Picture
from medlabel_gui.preview.window_text import window_text
from medlabel_gui.texts.preview import FactTexts

_SHORT = 12  # digits of a checksum that are shown

Facts = dict[str, str]


class FactsBox(QWidget):
    """Names and values; what is not known has no line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checksum, self._of_frame = "", False
        self._values: dict[str, tuple[QLabel, ElidedLabel]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        for name in _ORDER:
            self._add_line(getattr(FactTexts, name), name)
        self.copy = QToolButton()
        self.copy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.copy.setIconSize(QSize(14, 14))
        self.copy.setStyleSheet("QToolButton { padding: 1px; }")
        self.copy.clicked.connect(self._copy)
        self._name_checksum()
        self._grid.addWidget(self.copy, _ORDER.index("checksum"), 2)

    @property
    def shown(self) -> Facts:
        """Values by name, as they are shown."""
        return {name: value.text() for name, (_, value) in self._values.items() if not value.isHidden()}

    def show_facts(self, table: LabelTable, row: int, picture: Picture | None) -> None:
        """Show what the table knows, and what was read with the pixels."""
        facts = facts_of(table, row, picture)
        for name, (label, value) in self._values.items():
            text = facts.get(name, "")
            value.set_text(text)
            label.setVisible(bool(text))
            value.setVisible(bool(text))
        checksum, of_frame = _checksum(table, row, picture), _hashes_frame(table.refs[row], picture)
        fresh = (checksum, of_frame) != (self._checksum, self._of_frame)
        self._checksum, self._of_frame = checksum, of_frame
        if fresh:
            self._name_checksum()
        self.copy.setVisible(bool(self._checksum))

    def _add_line(self, text: str, name: str) -> None:
        label, value = QLabel(text), _Wrapped() if name in _WRAPPED else ElidedLabel()
        label.setProperty("role", "quiet")
        label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        line = len(self._values)
        self._grid.addWidget(label, line, 0)
        self._grid.addWidget(value, line, 1, 1, 1 if name == "checksum" else 2)
        self._values[name] = (label, value)

    def _name_checksum(self) -> None:
        """Say of what it is: a file that holds several images has one for each of them."""
        label, _ = self._values["checksum"]
        label.setText(FactTexts.checksum_frame if self._of_frame else FactTexts.checksum)
        self.copy.setAccessibleName(FactTexts.copy_frame if self._of_frame else FactTexts.copy)
        self._show_copied(False)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._checksum)
        self._show_copied(True)

    def _show_copied(self, copied: bool) -> None:
        """Until another image is shown."""
        set_icon(self.copy, "check" if copied else "copy")
        self.copy.setToolTip(FactTexts.copied if copied else self.copy.accessibleName())


class _Wrapped(ElidedLabel):
    """As many lines as the text needs: notes and numbers are not to be missed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setWordWrap(True)

    # Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        QLabel.paintEvent(self, event)


_FILE = ("name", "folder", "frame", "size", "pixels")
_DETAILS = ("format", "modality", "photometric", "window", "notes")
_ORDER = (*_FILE, *_DETAILS, "modified", "checksum", "group")
_WRAPPED = ("window", "notes")


def facts_of(table: LabelTable, row: int, picture: Picture | None) -> Facts:
    """The facts in words, by their names in `FactTexts`."""
    ref = table.refs[row]
    path = PurePosixPath(ref.legible)
    folder = str(path.parent)
    checksum = _checksum(table, row, picture)
    facts = {
        "name": path.name,
        "folder": FactTexts.top_folder if folder == "." else folder,
        "frame": _frame(ref, picture),
        "pixels": _pixels(table, row, picture),
        "checksum": f"{checksum[:_SHORT]}…" if checksum else "",
        "group": table.group[row],
    }
    if picture is not None:
        facts["size"] = size_text(picture.facts.size) if picture.facts.size is not None else ""
        facts |= details_of(picture.details)
        facts["modified"] = time_text(picture.facts.modified) if picture.facts.modified else ""
    return facts


def details_of(details: ImageDetails) -> Facts:
    """What the file tells of the image, in words; nothing of what it does not tell."""
    if not details.format:
        return {}
    window = details.window
    origin = {
        "header": FactTexts.from_header,
        "percentiles": FactTexts.from_percentiles,
        "range": FactTexts.from_range,
    }.get(window.origin if window is not None else "", "")
    return {
        "format": FactTexts.bits.format(format=details.format, bits=details.bits),
        "modality": details.modality,
        "photometric": details.photometric,
        "window": f"{window_text(window)} ({origin})" if window is not None else "",
        "notes": "; ".join(details.notes),
    }


def _frame(ref: ImageRef, picture: Picture | None) -> str:
    count = picture.details.frames if picture is not None else 1
    if count > 1:
        return FactTexts.frame_of.format(frame=ref.part, count=f"{count:,}")
    return ref.part if ref.frame else ""


def size_text(size: int) -> str:
    """`512 bytes`, `8.4 KB`, `1.25 MB`: thousands, as file managers count."""
    if size < 1000:
        return FactTexts.bytes.format(count=size)
    for unit, text in ((1e3, FactTexts.kilobytes), (1e6, FactTexts.megabytes)):
        if size < 999.5 * unit:
            return text.format(count=f"{size / unit:.3g}")
    return FactTexts.gigabytes.format(count=f"{size / 1e9:.3g}")


def time_text(time: datetime) -> str:
    """A time to the minute, as it was here."""
    return f"{time.astimezone():%Y-%m-%d %H:%M}"


def _pixels(table: LabelTable, row: int, picture: Picture | None) -> str:
    if picture is not None and picture.pyramid is not None:
        width, height, grey = picture.pyramid.width, picture.pyramid.height, picture.pyramid.is_grey
    else:
        width, height, grey = int(table.width[row]), int(table.height[row]), bool(table.grey[row])
    if not width:
        return ""
    words = FactTexts.grey if grey else FactTexts.colour
    return words.format(width=f"{width:,}", height=f"{height:,}")


def _checksum(table: LabelTable, row: int, picture: Picture | None) -> str:
    found = picture.sha256 if picture is not None and picture.sha256 else table.sha256[row]
    return found.hex()


def _hashes_frame(ref: ImageRef, picture: Picture | None) -> bool:
    """Whether the checksum is of the samples of this image, since its file holds several; of a GIF the file counts."""
    details = picture.details if picture is not None else ImageDetails()
    return (details.frames > 1 or ref.frame > 0) and (details.format == "NPZ" or not is_plain(ref.path))
