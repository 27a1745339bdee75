"""The history: reads what the archive has stored, and answers requests from it."""
