"""An imitation of OpenSky's REST API for developing and testing a client against."""
