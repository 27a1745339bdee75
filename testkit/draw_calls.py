"""Counts the draw calls that the page makes in WebGL, which a graphics card's driver works off."""

from pathlib import Path

COUNTER = Path(__file__).with_name("draw_calls.js")
"""An init script for Chromium: `drawCalls` then lists the number of draw calls of each frame.

Nothing is drawn, because a processor takes seconds for a frame of 3840 by 2160 pixels.
"""

MAX_DRAW_CALLS = 80
"""The goal for a frame, aircraft and names included. With 500, a graphics card drew 29 frames a
second at 3840 by 2160 pixels."""
