"""The commands of the processor, on real Kafka and TimescaleDB."""

import json
import re
import urllib.request
from urllib.parse import urlsplit

import pytest

from processor.archive.batch_division import MAX_BYTES
from telemetry.codec import encode
from testkit.deployment import Deployment
from testkit.metrics_page import PAGE
from testkit.producer import Outgoing, as_messages, vectors
from testkit.state_vectors import state_vector

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

WRONG = encode(state_vector(latitude=91.0))


def run(deployment: Deployment, *arguments: str, code: int = 0, **settings: str) -> str:
    """Run a command, and return what it printed."""
    done = deployment.command(*arguments, **settings)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def status(deployment: Deployment, code: int = 0) -> dict[str, object]:
    found: dict[str, object] = json.loads(run(deployment, "status", "--json", code=code))
    return found


def test_status_counts_what_is_stored_and_what_is_not(deployment: Deployment) -> None:
    """Messages that no archive reads are behind, in each partition."""
    deployment.publish(as_messages(vectors(400)))
    assert "were never stored" in run(deployment, "status", code=1)
    archive = deployment.archive()
    deployment.wait_until_stored()
    assert archive.stop() == 0
    deployment.publish(as_messages(vectors(100, start=1_700_000_000), partition=2))
    found = status(deployment)
    assert (found["state_vectors"], found["dead_letters"], found["attention"]) == (400, {}, [])
    partitions = found["partitions"]
    assert isinstance(partitions, list)
    assert [each["behind"] for each in partitions] == [0, 0, 100, 0]
    text = run(deployment, "status")
    assert "400, " in text
    assert "4 partitions, 100 messages behind" in text
    assert "Nothing needs attention." in text


def test_what_is_scraped_is_on_the_page(deployment: Deployment) -> None:
    """No metric is missing in docs/metrics.md, and none has a series of when it was created."""
    processor = deployment.service("processor")
    port = urlsplit(processor.url).port
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    names = re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)
    ours = {name for name in names if not name.startswith(("process_", "python_"))}
    assert "flightmonitor_archive_commit_duration_seconds" in ours
    assert [name for name in ours if f"`{name}`" not in PAGE.read_text()] == []
    assert "_created" not in text
    assert 'flightmonitor_archive_rows_total{result="dead"} 0.0' in text


def test_results_can_be_read_by_programs(deployment: Deployment) -> None:
    """Each command that changes or proves something has `--json`."""
    assert json.loads(run(deployment, "audit", "--json", code=3)) == {"verdict": "nothing to audit"}
    deployment.publish(as_messages(vectors(50)))
    deployment.publish([Outgoing(b"{", b"4b1814", partition=1)])
    archive = deployment.archive()
    deployment.wait_until_stored()
    archive.stop()
    proof = json.loads(run(deployment, "audit", "--json"))
    assert (proof["verdict"], proof["totals"]["n_inserted"]) == ("clean", 50)
    assert json.loads(run(deployment, "rebuild", "--json"))["aircraft"] == 50
    retried = json.loads(run(deployment, "dead-letters", "retry", "--json"))
    assert retried == {"found": 1, "published": 1, "cut": 0}
    dropped = json.loads(run(deployment, "dead-letters", "drop", "--all", "--json"))
    assert dropped == {"deleted": 1}
    offsets = json.loads(run(deployment, "reset-offsets", "--json"))
    assert (offsets["topic"], offsets["partitions"]) == (deployment.topic, 4)


def test_status_without_a_broker_says_what_it_has_not_seen(deployment: Deployment) -> None:
    deployment.publish(as_messages(vectors(10)))
    deployment.archive()
    deployment.wait_until_stored()
    text = run(deployment, "status", code=4, KAFKA_BOOTSTRAP_SERVERS="localhost:9")
    assert re.search(r"not seen +the topic: ", text)
    assert "Nothing needs attention" not in text
    assert "not asked" in text


def test_dead_letters_are_listed_shown_published_again_and_dropped(deployment: Deployment) -> None:
    """Those that are published again are dead once more, and the audit stays clean throughout."""
    deployment.publish(as_messages(vectors(50)))
    deployment.publish(
        [Outgoing(WRONG, b"4b1814", partition=1), Outgoing(b"not JSON", b"4b1815", partition=3)]
    )
    deployment.archive()
    deployment.wait_until_stored()

    listed = run(deployment, "dead-letters")
    assert "at `$.latitude`" in listed
    places = re.findall(r"^ +(\d+:\d+) ", listed, re.MULTILINE)
    assert len(places) == 2
    assert "dead letters" in run(deployment, "status", code=1)
    some = json.loads(run(deployment, "dead-letters", "--reason", "latitude", "--json"))
    [wrong] = some["newest"]
    shown = run(deployment, "dead-letters", "show", wrong["place"])
    assert WRONG.decode() in shown
    assert "content-type: " in shown

    again = run(deployment, "dead-letters", "retry", wrong["place"])
    assert again.startswith("1 of 1 published again")
    deployment.wait_until_stored()
    listed = json.loads(run(deployment, "dead-letters", "--json"))
    assert sum(listed["reasons"].values()) == 3
    deployment.check()

    assert run(deployment, "dead-letters", "drop", "--before", "2020-01-01", code=3)
    assert run(deployment, "dead-letters", "drop", "--all") == "3 dead letters deleted\n"
    assert run(deployment, "dead-letters", code=3).startswith("no dead letters")
    run(deployment, "dead-letters", "show", wrong["place"], code=3)
    assert "clean" in run(deployment, "audit")


def test_status_counts_the_dead_letters_of_rare_reasons_too(deployment: Deployment) -> None:
    """It lists the twenty most frequent reasons, and counts all."""
    right = encode(state_vector())
    wrong = [right.replace(b"{", b'{"%c":1,' % letter, 1) for letter in b"abcdefghijklmnopqrstuvwx"]
    deployment.publish([Outgoing(value, b"4b1814", partition=0) for value in wrong])
    deployment.archive()
    deployment.wait_until_stored()
    found = status(deployment, code=1)
    listed = found["dead_letters"]
    assert isinstance(listed, dict)
    assert (found["n_dead_letters"], len(listed)) == (24, 20)


def test_a_dead_letter_that_was_cut_is_not_published_again(deployment: Deployment) -> None:
    deployment.publish([Outgoing(b"x" * (2 * MAX_BYTES), b"4b1814", partition=0)])
    deployment.archive()
    deployment.wait_until_stored()
    said = run(deployment, "dead-letters", "retry", code=3)
    assert "0 of 1 published again" in said
    assert "1 are not" in said


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["show"], "needs a PLACE"),
        (["drop"], "give one of them"),
        (["list", "--all"], "give one of them"),
        (["show", "x:y"], "a PLACE is PARTITION:OFFSET"),
        (["list", "3:4"], "takes no PLACE"),
        (["list", "--limit", "0"], "from 1 to 1,000"),
    ],
)
def test_wrong_arguments_are_explained(
    deployment: Deployment, arguments: list[str], reason: str
) -> None:
    done = deployment.command("dead-letters", *arguments)
    assert done.returncode == 2
    assert reason in done.stderr
