"""Tables that come with the program: what aircraft, airlines and airports are."""
