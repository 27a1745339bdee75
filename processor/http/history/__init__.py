"""Routes of the history: flights, tracks, snapshots, statistics and files."""
