"""Access control: API keys, tokens, tickets, and limits on what one client may use at once."""
