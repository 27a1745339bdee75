"""The model of the stream: events, event ids, queries, filters, formats and their bytes."""
