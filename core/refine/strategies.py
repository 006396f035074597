"""Strategies of the second stage by name. A new strategy is a file of its own and a row in `STRATEGIES`."""

from core.refine.published import refine_published
from core.refine.request import Strategy

STRATEGIES: dict[str, Strategy] = {"published": refine_published}
