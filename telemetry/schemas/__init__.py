"""The schemas of telemetry.raw in Avro and Protobuf, every version, as files beside this one."""

from pathlib import Path

FOLDER = Path(__file__).parent


def read_schema(name: str) -> str:
    """Return the text of a schema, by the name of its file."""
    return (FOLDER / name).read_text()
