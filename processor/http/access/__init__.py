"""Which requests are admitted: hosts, origins, proxies, keys and tokens."""
