"""uvicorn with bounds on what each client may send and hold."""
