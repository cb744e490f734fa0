"""Where bytes lie: our own folders, tables as bytes, and the area that partners and the unit share."""
