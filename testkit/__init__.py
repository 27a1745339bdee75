"""What tests stand on: real parts without Docker, and ways to break them."""
