"""Decide which requests are admitted: hosts, origins, proxies, credentials and tickets."""
