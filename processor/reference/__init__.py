"""Packaged tables of aircraft, airlines and addresses, and what is derived from them."""
