"""Replay: stored state vectors over the same stream, paced by event time."""
