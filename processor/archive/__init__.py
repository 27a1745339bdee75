"""The archive stores every state vector exactly once."""
