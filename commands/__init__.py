"""The commands, a module for each of them that belong together; `cli.py` is the entry."""
