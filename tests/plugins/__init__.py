"""Pytest plugins of the project that are loaded by name."""
