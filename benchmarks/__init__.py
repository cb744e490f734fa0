"""Figures that anyone can print again: speed and memory, each in one run on one machine."""
