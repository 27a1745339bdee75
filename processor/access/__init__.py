"""Who may read what the processor serves."""
