"""Record linkage: relations in, relations out; no files, no clock."""
