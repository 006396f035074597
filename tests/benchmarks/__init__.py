"""Measurements that anyone can run: `make bench`. They report and never fail."""
