"""The events that jobs emit besides progress, in one place for the front ends. Free of torch."""

from core.memory import LessAtOnce
from core.refine.events import BatchEnd, EpochEnd
from core.tasks.label import Estimate, RowsLabelled
from core.tasks.scan import ImagesFound

__all__ = ["BatchEnd", "EpochEnd", "Estimate", "ImagesFound", "LessAtOnce", "RowsLabelled"]
