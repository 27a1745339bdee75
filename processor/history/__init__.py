"""History: what the archive has stored, for whoever asks."""
