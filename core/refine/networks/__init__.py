"""Networks by name. A new network is a file of its own and a row in `registry.NETWORKS`."""

from core.refine.networks.plain import published_cnn
from core.refine.networks.registry import NETWORKS, Network, find_network, initialised

__all__ = ["NETWORKS", "Network", "find_network", "initialised", "published_cnn"]
