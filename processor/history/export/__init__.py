"""Exports: rows of the history as files, which are sent while the rows are read."""
