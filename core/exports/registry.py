"""Export formats by name. A new format is a file of its own and a row here."""

from core.exports.csv_file import export_csv
from core.exports.folders import export_folders
from core.exports.npz import export_npz
from core.exports.options import Exporter

READS_IMAGES = frozenset({"npz", "folders"})  # the others need no image to be there
FORMATS: dict[str, Exporter] = {"csv": export_csv, "npz": export_npz, "folders": export_folders}
