"""Imported by every Python process that a test starts: this folder is first on its PYTHONPATH."""

import no_network

no_network.install()
