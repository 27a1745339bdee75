"""The live state of all aircraft, published to every subscriber."""
