"""The memory of what was published: nothing twice, nothing lost that Kafka did not take."""

from hypothesis import given
from hypothesis import strategies as st

from collector.answer import RejectedRow
from collector.outage import Outage, PastMoment, moments_between
from collector.published import Published
from tests.unit.collector.conftest import NOW, state_vector

POLLS = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["00000a", "00000b", "00000c"]), st.integers(0, 40)), max_size=6
    ),
    max_size=12,
)


@given(POLLS)
def test_each_contact_is_published_once_and_only_forwards(
    polls: list[list[tuple[str, int]]],
) -> None:
    """However rows repeat, freeze or go back in time."""
    published = Published()
    seen: list[tuple[str, int]] = []
    for poll in polls:
        new = published.take_new(state_vector(key, NOW + offset) for key, offset in poll)
        seen += [(each.icao24, each.last_contact) for each in new]
    assert len(seen) == len(set(seen))
    for key in {key for key, _ in seen}:
        contacts = [contact for each, contact in seen if each == key]
        assert contacts == sorted(contacts)
        assert contacts[-1] == NOW + max(offset for poll in polls for k, offset in poll if k == key)


@given(POLLS, st.data())
def test_what_kafka_did_not_take_is_published_again(
    polls: list[list[tuple[str, int]]], data: st.DataObject
) -> None:
    """After any failures, a last good poll leaves each aircraft's newest contact in Kafka."""
    published = Published()
    in_kafka: dict[str, int] = {}
    last_rows: dict[str, int] = {}
    for poll in polls:
        for key, offset in poll:
            last_rows[key] = max(last_rows.get(key, 0), NOW + offset)
        for each in published.take_new(state_vector(key, NOW + offset) for key, offset in poll):
            is_delivered = data.draw(st.booleans())
            published.settle([each], is_delivered=is_delivered)
            if is_delivered:
                in_kafka[each.icao24] = each.last_contact
    again = published.take_new(state_vector(key, time) for key, time in last_rows.items())
    in_kafka |= {each.icao24: each.last_contact for each in again}
    assert in_kafka == last_rows


def test_two_rows_of_one_aircraft_in_one_answer_are_taken_by_time() -> None:
    """Whatever their order: neither is lost, and the newer one comes last."""
    rows = [state_vector("00000a", NOW + 1), state_vector("00000b"), state_vector("00000a", NOW)]
    taken = Published().take_new(rows)
    assert [each.last_contact for each in taken if each.icao24 == "00000a"] == [NOW, NOW + 1]
    assert len(taken) == 3
    fill = back_fill(Published(), 100)
    assert len(fill.take_new(rows)) == 3


def test_a_contact_from_the_future_is_forgotten_and_hides_nothing() -> None:
    """Neither what was handed over nor what Kafka has acknowledged."""
    published = Published()
    published.seed({"00000a": NOW + 3_600, "00000b": NOW})
    assert published.forget_later_than(NOW + 60) == 1
    rows = [state_vector("00000a", NOW + 10), state_vector("00000b", NOW)]
    new = published.take_new(rows)
    assert [each.icao24 for each in new] == ["00000a"]
    published.settle(new, is_delivered=False)
    assert published.take_new(rows) == new


def test_a_late_failure_does_not_undo_what_came_after() -> None:
    """The failed contact is history by then."""
    published = Published()
    earlier = published.take_new([state_vector(last_contact=NOW)])
    published.take_new([state_vector(last_contact=NOW + 10)])
    published.settle(earlier, is_delivered=False)
    assert published.take_new([state_vector(last_contact=NOW + 10)]) == []


def test_forgets_aircraft_that_are_silent_for_an_hour() -> None:
    """The memory is bounded by the fleet in the air."""
    published = Published()
    published.take_new([state_vector("00000a", NOW - 3_601), state_vector("00000b", NOW - 3_600)])
    published.prune(NOW)
    assert len(published) == 1


def test_a_rejected_row_that_repeats_is_published_once() -> None:
    """OpenSky shows bad rows for minutes too; an hour later it may be another event."""
    published = Published()
    bad = RejectedRow(b"[1]", "reason", None)
    assert published.take_new_rejected([bad, bad], NOW) == [bad]
    assert published.take_new_rejected([bad], NOW + 95) == []
    published.prune(NOW + 3_700)
    assert published.take_new_rejected([bad], NOW + 3_700) == [bad]


def test_moments_lie_evenly_between_two_answers() -> None:
    """Neither of them is asked for again."""
    moments = moments_between(NOW, NOW + 400, 95, None)
    assert [moment.time - NOW for moment in moments] == [100, 200, 300]
    assert moments_between(NOW, NOW + 100, 95, None) == []


def back_fill(before: Published, *offsets: int) -> Outage:
    """Return a back-fill of these moments."""
    return Outage(moments=[PastMoment(NOW + offset, None) for offset in offsets], before=before)


def test_back_fill_asks_oldest_first_and_skips_what_opensky_no_longer_answers() -> None:
    """Older than an hour is a 400, which costs nothing but time."""
    fill = back_fill(Published(), 300, 100, 200)
    assert fill.pop(NOW + 3_670) == PastMoment(NOW + 200, None)
    assert fill.pop(NOW + 3_670) == PastMoment(NOW + 300, None)
    assert fill.pop(NOW + 3_670) is None


def test_a_moment_that_failed_comes_back_first_and_once() -> None:
    """However many of its messages failed."""
    fill = back_fill(Published(), 100, 200)
    moment = fill.pop(NOW)
    assert moment is not None
    fill.push_back(moment)
    fill.push_back(moment)
    assert len(fill) == 2
    assert fill.pop(NOW) == moment


def test_back_fill_compares_with_what_was_known_before_the_outage() -> None:
    """The live poll after it has seen later contacts, which must not hide the missing ones."""
    published = Published()
    published.take_new([state_vector(last_contact=NOW)])
    fill = back_fill(published.copy(), 100)
    fill.note_live(published.take_new([state_vector(last_contact=NOW + 200)]))
    missing = state_vector(last_contact=NOW + 99)
    assert fill.take_new([missing]) == [missing]
    assert fill.take_new([missing]) == []


def test_back_fill_leaves_out_what_a_live_poll_has_published() -> None:
    """An aircraft silent since the outage shows the same row in both."""
    published = Published()
    fill = back_fill(published.copy(), 100, 200)
    silent = state_vector(last_contact=NOW + 50)
    fill.note_live(published.take_new([silent]))
    assert fill.take_new([silent]) == []
