"""Integrations: labelwise where people already are. One file each, imported by its own name."""
