"""Messages of the log become updates: one row or several, and how much of an answer was read."""

from processor.answers import Answer, AnswerPart
from processor.live.decoding import UPDATES_AT_ONCE, Decoder
from telemetry.codec import encode, encode_rows
from telemetry.state_vector import StateVector
from testkit.messages import InventedMessage, garbage, message
from testkit.state_vectors import START, state_vector

HEADERS = {"poll-time": str(START).encode(), "source": b"global", "poll-messages": b"40"}
ANSWER = Answer(b"global", str(START).encode(), 40)


def rows(count: int) -> list[StateVector]:
    return [state_vector(f"{number:06x}", START) for number in range(count)]


def test_rows_of_a_message_share_its_offset_and_its_poll_time() -> None:
    several = InventedMessage(2, 7, encode_rows(rows(3)), HEADERS)
    one = InventedMessage(1, 9, encode(rows(1)[0]), HEADERS)
    [delivery] = Decoder().decode([several, one])
    found = [(each.partition, each.offset, each.state_vector) for each in delivery.updates]
    assert found == [*((2, 7, each) for each in rows(3)), (1, 9, rows(1)[0])]
    assert {each.poll_time for each in delivery.updates} == {START}
    assert delivery.parts == [AnswerPart(ANSWER, 2)]


def test_a_malformed_row_does_not_spoil_the_others() -> None:
    """It is an update without a state vector, as is a message that holds none."""
    value = encode_rows(rows(2))[:-1] + b',{"icao24":"00000c"}]'
    [delivery] = Decoder().decode(
        [InventedMessage(0, 0, value), garbage(0, 1), message(0, 2, rows(1)[0])]
    )
    assert [each.state_vector for each in delivery.updates] == [*rows(2), None, None, rows(1)[0]]
    assert [each.offset for each in delivery.updates] == [0, 0, 0, 1, 2]
    assert delivery.parts == []


def test_messages_of_the_collector_s_rejected_rows_belong_to_the_answer() -> None:
    """They hold no state vector, but the collector counts them."""
    rejected = InventedMessage(0, 0, b"[1]", {**HEADERS, "rejected": b"icao24"})
    [delivery] = Decoder().decode([rejected, InventedMessage(0, 1, encode(rows(1)[0]), HEADERS)])
    assert [each.state_vector for each in delivery.updates] == [None, rows(1)[0]]
    assert delivery.parts == [AnswerPart(ANSWER, 1)] * 2


def test_a_message_is_never_divided_between_two_deliveries() -> None:
    """Between two of them a tick may come, and half a message would have the offset of a whole."""
    messages = [InventedMessage(0, number, encode_rows(rows(300)), HEADERS) for number in range(5)]
    deliveries = list(Decoder().decode(messages))
    assert [[each.offset for each in found.updates] for found in deliveries] == [
        [0] * 300 + [1] * 300,
        [2] * 300 + [3] * 300,
        [4] * 300,
    ]
    assert [found.parts for found in deliveries] == [
        [AnswerPart(ANSWER, 2)],
        [AnswerPart(ANSWER, 2)],
        [AnswerPart(ANSWER, 1)],
    ]
    assert UPDATES_AT_ONCE == 500


def test_headers_that_change_are_read() -> None:
    """From message to message, and back."""
    vector = rows(1)[0]
    other = {**HEADERS, "schema-version": b"9"}
    messages = [
        InventedMessage(0, offset, encode(vector), headers)
        for offset, headers in enumerate([HEADERS, other, HEADERS, {}])
    ]
    [delivery] = Decoder().decode(messages)
    assert [each.state_vector for each in delivery.updates] == [vector, None, vector, vector]
    assert [each.poll_time for each in delivery.updates] == [START, START, START, None]


def test_each_delivery_names_the_traces_of_its_polls_once() -> None:
    """Those that cannot be a trace's context are left out."""
    first, second = (f"00-{digit * 32}-{digit * 16}-01".encode() for digit in "ab")
    headers = [{"traceparent": each} for each in (first, first, second, first, b"x" * 500_000)]
    value = encode_rows(rows(100))
    messages = [
        InventedMessage(0, *each) for each in zip(range(5), [value] * 5, headers, strict=True)
    ]
    [delivery] = Decoder().decode(messages)
    assert list(delivery.traceparents) == [first, second]
    [without] = Decoder().decode([InventedMessage(0, 0, value)])
    assert list(without.traceparents) == []
