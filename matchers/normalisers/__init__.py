"""Values of every council written the same way, so that the same person, address or organisation looks alike.

Each module reads one kind of value; `values` says how all of them are built. Nothing here opens a
connection, and nothing here depends on which council a value came from.
"""
