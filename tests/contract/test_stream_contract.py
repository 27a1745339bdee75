"""The server sends what docs/asyncapi.yaml describes, in the bytes of tests/golden."""

import copy
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from testkit.stream_document import look_up, message, validator
from testkit.stream_recordings import FORMATS, RECORDINGS, SAID, record_all

GOLDEN = Path("tests/golden")

LIFE = ["snapshot", "update", "heartbeat", "heartbeat", "remove", "update", "heartbeat",
        "remove", "heartbeat", "bye"]  # fmt: skip

EVENTS = {name: LIFE for form in FORMATS for name in (f"{form}.sse", f"{form}.jsonl")} | {
    "filtered.sse": [name for at, name in enumerate(LIFE) if at != 1],
    "reset.sse": ["reset", "snapshot"],
    "overloaded.sse": ["overloaded"],
    "errors.sse": ["error", "error"],
    "conversation.jsonl": ["reset", "snapshot", "snapshot", "error", "error"],
    "refusals.jsonl": ["overloaded", "error"],
}
"""The names of the events in each recording."""

SCHEMAS = {
    "object": {"snapshot": "Objects", "update": "Objects"},
    "row": {"snapshot": "NamedRows", "update": "Rows"},
    "geojson": {"snapshot": "GeoJson", "update": "GeoJson"},
    "delta": {"snapshot": "DeltaSnapshot", "update": "Delta"},
}
"""The schemas of the payloads in each format."""

OPTIONAL = {("remove", "id"), ("error", "parameter")}
"""Parts that an event or its data may lack."""


class Sent(NamedTuple):
    """One event of any channel: its described parts, and their schemas."""

    event: str
    parts: Mapping[str, Any]
    schemas: Mapping[str, str]

    @property
    def data(self) -> Any:  # noqa: ANN401 - JSON
        """The data without the envelope."""
        return self.parts["payload"].get("data", self.parts["payload"])

    def is_valid(self) -> bool:
        """Whether all of it is as described."""
        return all(
            validator(self.schemas[name]).is_valid(part) for name, part in self.parts.items()
        )


@pytest.fixture(scope="module")
def recordings() -> Mapping[str, bytes]:
    """Everything, recorded once."""
    return record_all()


def read(name: str, recorded: bytes) -> list[Sent]:
    """Take a recording apart."""
    if name.endswith(".sse"):
        blocks = [block for block in recorded.decode().split("\n\n") if "data:" in block]
        return [_read_sse(block) for block in blocks]
    return [_read_message(line) for line in recorded.decode().splitlines()]


def _read_sse(block: str) -> Sent:
    fields: dict[str, Any] = dict(line.split(": ", 1) for line in block.splitlines())
    data = json.loads(fields.pop("data"))
    if "retry" in fields:
        fields["retry"] = int(fields["retry"])
    pointer = message("sse", fields["event"])
    schemas = {"headers": f"{pointer}/headers", "payload": f"{pointer}/payload"}
    return Sent(fields["event"], {"headers": fields, "payload": data}, schemas)


def _read_message(line: str) -> Sent:
    envelope = json.loads(line)
    pointer = message("websocket", envelope["event"])
    return Sent(envelope["event"], {"payload": envelope}, {"payload": f"{pointer}/payload"})


def sent_in(recordings: Mapping[str, bytes]) -> Iterator[tuple[str, Sent]]:
    """Yield every event of every recording."""
    for name in EVENTS:
        for sent in read(name, recordings[name]):
            yield name, sent


def paths(node: object, *above: str | int) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to everything below a node."""
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield (*above, key)
            yield from paths(child, *above, key)


def mutations(sent: Sent) -> Iterator[tuple[str, Sent]]:
    """Yield the event with something strange in each place, with something more, with less."""
    for path in paths(sent.parts):
        yield f"more in {path}", _mutated(sent, (*path, "more"), 1)
        if len(path) > 1:
            yield f"strange at {path}", _mutated(sent, path, {"strange": True})
        is_top = len(path) == 2 or (len(path) == 3 and path[:2] == ("payload", "data"))
        if is_top and (sent.event, path[-1]) not in OPTIONAL:
            yield f"less by {path}", _mutated(sent, path)


def _mutated(sent: Sent, path: tuple[str | int, ...], *values: object) -> Sent:
    """Set what is at a path, or delete it; what can hold nothing becomes something that can."""
    parts = copy.deepcopy(dict(sent.parts))
    holder: Any = parts
    for key in path[:-1]:
        above, holder = holder, holder[key]
        if not isinstance(holder, dict | list):
            above[key] = holder = {}
    if not values:
        del holder[path[-1]]
    elif isinstance(holder, list) and not isinstance(path[-1], int):
        holder.append({path[-1]: values[0]})
    else:
        holder[path[-1]] = values[0]
    return sent._replace(parts=parts)


def test_every_event_is_recorded_on_every_channel(recordings: Mapping[str, bytes]) -> None:
    """The recordings contain the expected events, and together all that are described."""
    for name, events in EVENTS.items():
        assert [sent.event for sent in read(name, recordings[name])] == events, name
    for channel, ending in (("sse", ".sse"), ("websocket", ".jsonl")):
        received = {event for name in EVENTS if name.endswith(ending) for event in EVENTS[name]}
        assert received == look_up(f"#/channels/{channel}/messages").keys() - {"subscribe"}


def test_events_are_as_described(recordings: Mapping[str, bytes]) -> None:
    """Names, ids and data of every event."""
    for name, sent in sent_in(recordings):
        for part, value in sent.parts.items():
            errors = [error.message for error in validator(sent.schemas[part]).iter_errors(value)]
            assert errors == [], (name, sent)


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_its_own(form: str, recordings: Mapping[str, bytes]) -> None:
    """A snapshot and an update fit the schema of their format, and of no other."""
    for name in (f"{form}.sse", f"{form}.jsonl"):
        for sent in read(name, recordings[name]):
            if sent.event in {"snapshot", "update"}:
                fitting = [
                    other
                    for other, schemas in SCHEMAS.items()
                    if _validator(schemas[sent.event]).is_valid(sent.data)
                ]
                assert fitting == [form]


def test_all_fields_are_there_unless_some_are_asked_for(recordings: Mapping[str, bytes]) -> None:
    """Objects, rows and properties are whole state vectors."""
    wholes = {"object": "StateVector", "row": "WholeRow", "geojson": "StateVector"}
    for form, schema in wholes.items():
        for sent in read(f"{form}.sse", recordings[f"{form}.sse"]):
            states = sent.data.get("states") or [
                feature["properties"] for feature in sent.data.get("features", [])
            ]
            assert bool(states) is (sent.event in {"snapshot", "update"})
            assert all(_validator(schema).is_valid(state) for state in states)


def _validator(schema: str) -> Any:  # noqa: ANN401 - without types
    return validator(f"#/components/schemas/{schema}")


def test_what_is_changed_anywhere_is_not_as_described(recordings: Mapping[str, bytes]) -> None:
    """The description is strict: without this the tests above would show nothing."""
    count = 0
    for name, sent in sent_in(recordings):
        for what, mutated in mutations(sent):
            assert not mutated.is_valid(), (name, sent.event, what)
            count += 1
    assert count > 2_000


def test_an_answer_of_rest_is_the_data_of_a_snapshot(recordings: Mapping[str, bytes]) -> None:
    """Byte for byte."""
    for form in set(FORMATS) - {"delta"}:
        (snapshot, *_) = read(f"{form}.sse", recordings[f"{form}.sse"])
        answer = recordings[f"flights.{form}.json"]
        assert b"\ndata: %s\n\n" % answer in recordings[f"{form}.sse"]
        assert json.loads(answer) == snapshot.data


def test_messages_of_clients_are_as_described() -> None:
    """An invalid message is answered by an `error`, as `conversation.jsonl` shows."""
    payload = look_up("#/components/messages/subscribe/payload")["$ref"]
    assert [validator(payload).is_valid(json.loads(text)) for text in SAID[:2]] == [True, True]
    assert not validator(payload).is_valid(json.loads(SAID[0]) | {"more": 1})


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_bytes_are_as_they_were(name: str, recordings: Mapping[str, bytes]) -> None:
    """Clients rely on them. `UPDATE_GOLDEN=1` renews the files; say in the commit what changed."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(recordings[name])
    assert path.read_bytes() == recordings[name]


def test_no_golden_file_is_left_over() -> None:
    """Each is of a recording."""
    assert {path.name for path in GOLDEN.iterdir()} == {"README.md", *RECORDINGS}
