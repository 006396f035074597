"""Strategies of the second stage by name. A new strategy is a file of its own and a row in `names.STRATEGIES`."""

from core.refine.names import STRATEGIES, StrategyInfo

__all__ = ["STRATEGIES", "StrategyInfo"]
