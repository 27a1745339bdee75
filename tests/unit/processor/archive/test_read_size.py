"""A call takes about a thousand rows, however many a message holds."""

from processor.archive.read_size import ReadSize


def test_first_call_takes_little() -> None:
    """Before any message is known, each may hold hundreds of rows."""
    assert ReadSize().n_messages(12_000) == 2


def test_single_rows_are_taken_by_the_thousand() -> None:
    """Down to what the batch has room for."""
    size = ReadSize()
    size.note(2, 2)
    assert (size.n_messages(12_000), size.n_messages(30)) == (1_000, 30)


def test_messages_of_many_rows_are_few() -> None:
    """At least one is always taken, and a call without messages changes nothing."""
    size = ReadSize()
    size.note(2, 900)
    size.note(0, 0)
    assert (size.n_messages(12_000), size.n_messages(30), size.n_messages(-5)) == (2, 1, 1)
