"""The live state in the JSON of readsb."""
