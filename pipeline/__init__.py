"""One module a stage, and the modules that put them in order."""
