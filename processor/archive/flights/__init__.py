"""FlightStore: where each begins and ends, and how they are stored."""
