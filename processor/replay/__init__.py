"""Replay: stored state vectors sent over the stream again, paced by the time of the events."""
