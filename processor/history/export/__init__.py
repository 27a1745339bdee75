"""Rows of the history as files: written while they are read, however many there are."""
