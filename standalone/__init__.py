"""One command, one machine: the whole pipeline from the Python packages alone."""
