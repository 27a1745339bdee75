"""Routes of the live stream: Server-Sent Events, WebSocket and the current state."""
