"""Runs the processor, whose live half fails while a file exists."""

import os
import sys
from pathlib import Path

from confluent_kafka import Message

from kafka_client.errors import BrokerErrors
from processor.__main__ import main
from processor.live import reader
from processor.live.fleet import Update

_FAULT = Path(os.environ["FAULT_FILE"])
_decode_messages = reader._decode_messages


class FaultError(Exception):
    """An error that the processor does not expect."""


def _fail_or_decode(
    messages: list[Message],
    waiting_for: set[int],
    next_offsets: dict[int, int],
    errors: BrokerErrors,
) -> list[Update]:
    if _FAULT.exists():
        raise FaultError
    return _decode_messages(messages, waiting_for, next_offsets, errors)


if __name__ == "__main__":
    reader._decode_messages = _fail_or_decode
    sys.exit(main())
