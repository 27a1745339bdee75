"""The HTTP server of the processor: routes, access control, and limits on connections."""
