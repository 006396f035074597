"""Which rows belong together, as links between them are met: a disjoint-set forest over those that have a link."""


class Unions:
    """Rows without a link are not kept. Paths are halved as they are walked (Tarjan and van Leeuwen, 1984)."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, row: int) -> int:
        """The row that stands for all that are united with this one."""
        parent = self._parent
        while (above := parent.get(row, row)) != row:
            parent[row] = parent.get(above, above)
            row = above
        return row

    def unite(self, kept: int, other: int) -> None:
        """Of two rows that stand for others, the first one stands for all of them from now on."""
        self._parent[other] = kept

    def roots(self) -> dict[int, int]:
        """Every row that another one stands for, and which."""
        return {row: self.find(row) for row in self._parent}
