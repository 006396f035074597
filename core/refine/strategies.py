"""The way in from Python: `STRATEGIES[name](request, ctx)` refines (docs/second-stage.md).

The table itself is in `names`, free of torch. A new strategy is a file of its own and a row there.
"""

from core.refine.names import STRATEGIES, StrategyInfo

__all__ = ["STRATEGIES", "StrategyInfo"]
