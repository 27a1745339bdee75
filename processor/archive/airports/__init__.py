"""The airports where flights took off and landed, derived from their tracks."""
