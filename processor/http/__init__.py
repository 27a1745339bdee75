"""What the processor serves over HTTP."""
