"""What the parties agreed: contracts, tables, rules, settings and errors. No files but its own, no connections."""
