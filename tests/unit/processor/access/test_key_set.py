"""The issuer's keys: how often it is asked, what is taken from it, what if it is away."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import Key, OctKey, RSAKey

from processor.access.errors import AccessError
from processor.access.key_set import (
    ASK_AGAIN_SECONDS,
    FRESH_SECONDS,
    MAX_BYTES,
    MAX_KEYS,
    RETRY_SECONDS,
    STALE_SECONDS,
    KeySet,
    check_key_file,
    file_source,
    read_keys,
    url_source,
)
from processor.errors import FatalError
from tests.unit.processor.access.issuer import Clock, Source, ec_key, key_set_json, rsa_key

URL = "https://issuer.example/jwks.json"


def _ids(keys: Sequence[Key]) -> list[str | None]:
    return [key.kid for key in keys]


async def test_keys_are_asked_for_once_and_kept() -> None:
    """Not at start, not for each token."""
    source = Source(key_set_json(rsa_key(), ec_key()))
    keys = KeySet(source, place=URL, clock=Clock())
    assert source.asked == 0
    assert _ids(await keys.find("rsa")) == ["rsa"]
    assert _ids(await keys.find("ec")) == ["ec"]
    assert _ids(await keys.find(None)) == ["rsa", "ec"]
    assert source.asked == 1


async def test_an_unknown_key_id_asks_once_a_minute_at_the_most() -> None:
    """However many tokens with made-up key ids come."""
    clock, source = Clock(), Source(key_set_json(rsa_key()))
    keys = KeySet(source, place=URL, clock=clock)
    await keys.find("rsa")
    for number in range(100):
        assert _ids(await keys.find(f"made-up-{number}")) == []
    assert source.asked == 1
    clock.now += ASK_AGAIN_SECONDS
    for number in range(100):
        assert _ids(await keys.find(f"made-up-{number}")) == []
    assert source.asked == 2


async def test_a_new_key_of_the_issuers_is_found() -> None:
    """By the first token that names it, after the minute."""
    clock, source = Clock(), Source(key_set_json(rsa_key()))
    keys = KeySet(source, place=URL, clock=clock)
    await keys.find("rsa")
    source.answer = key_set_json(rsa_key(), ec_key())
    clock.now += ASK_AGAIN_SECONDS
    assert _ids(await keys.find("ec")) == ["ec"]


async def test_old_keys_are_asked_for_again_and_nobody_waits_for_it() -> None:
    """A key that the issuer has withdrawn is refused soon after."""
    clock, source = Clock(), Source(key_set_json(rsa_key(), ec_key()))
    keys = KeySet(source, place=URL, clock=clock)
    await keys.find("ec")
    source.answer = key_set_json(rsa_key())
    clock.now += FRESH_SECONDS
    assert _ids(await keys.find("ec")) == ["ec"]
    await asyncio.sleep(0)
    assert _ids(await keys.find("ec")) == []
    assert source.asked == 2


async def test_one_question_at_a_time_answers_all_who_wait() -> None:
    """Also when the one who asked first has gone."""
    may_answer, asked = asyncio.Event(), 0

    async def slow() -> bytes:
        nonlocal asked
        asked += 1
        await may_answer.wait()
        return key_set_json(rsa_key())

    keys = KeySet(slow, place=URL, clock=Clock())
    first, *others = [asyncio.create_task(keys.find("rsa")) for _ in range(20)]
    await asyncio.sleep(0)
    first.cancel()
    may_answer.set()
    assert [_ids(found) for found in await asyncio.gather(*others)] == [["rsa"]] * 19
    assert asked == 1


async def test_keys_outlive_an_issuer_that_is_away_but_not_for_ever() -> None:
    """A day; then nobody knows whether they still hold."""
    clock, source = Clock(), Source(key_set_json(rsa_key()))
    keys = KeySet(source, place=URL, clock=clock)
    await keys.find("rsa")
    source.answer = httpx2.ConnectError("no route")
    clock.now += STALE_SECONDS - 1
    assert _ids(await keys.find("rsa")) == ["rsa"]
    await asyncio.sleep(0)
    clock.now += 1 + RETRY_SECONDS
    with pytest.raises(AccessError) as raised:
        await keys.find("rsa")
    assert (raised.value.status, raised.value.code) == (503, "temporarily_unavailable")


async def test_without_any_key_the_issuer_is_asked_again_soon() -> None:
    """A start beside the issuer's own start must not cost a minute, nor a flood."""
    clock, source = Clock(), Source(OSError("refused"))
    keys = KeySet(source, place=URL, clock=clock)
    for _ in range(10):
        with pytest.raises(AccessError):
            await keys.find("rsa")
    assert source.asked == 1
    source.answer = key_set_json(rsa_key())
    clock.now += RETRY_SECONDS
    assert _ids(await keys.find("rsa")) == ["rsa"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": [1]}',
        b'{"keys": ' + b"[" * 30_000,
        key_set_json(*[ec_key().as_dict(private=False)] * (MAX_KEYS + 1)),
        key_set_json(ec_key(), {"kty": "EC", "padding": "x" * MAX_BYTES}),
        key_set_json(OctKey.generate_key(256, {"kid": "secret"})),
    ],
    ids=[
        *("empty", "HTML", "list", "no keys", "empty keys", "number", "nested"),
        *("too many", "too large", "symmetric"),
    ],
)
async def test_what_is_no_key_set_changes_nothing(body: bytes) -> None:
    """An issuer's error page must not lock everybody out."""
    clock, source = Clock(), Source(key_set_json(rsa_key()))
    keys = KeySet(source, place=URL, clock=clock)
    await keys.find("rsa")
    source.answer = body
    clock.now += FRESH_SECONDS
    await keys.find("other")
    assert source.asked == 2
    assert _ids(await keys.find("rsa")) == ["rsa"]


def test_keys_that_cannot_check_a_signature_are_passed_over() -> None:
    """Secrets, keys for encryption, weak, unknown and broken ones (RFC 7517, 5)."""
    with pytest.warns(Warning, match="2048"):
        weak = RSAKey.generate_key(1024, {"kid": "weak"})
    good = rsa_key().as_dict(private=False)
    body = key_set_json(
        OctKey.generate_key(256, {"kid": "secret"}),
        weak,
        good | {"kid": "encryption", "use": "enc"},
        {"kty": "AKP", "kid": "post-quantum", "pub": "AAAA"},
        {"kty": "RSA", "kid": "broken"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "OKP", "kid": "broken", "crv": "nothing", "x": 7},
        good,
    )
    assert _ids(read_keys(body)) == ["rsa"]


async def _fetch(handler: httpx2.MockTransport) -> bytes:
    return await url_source(URL, transport=handler)()


async def test_a_redirect_is_not_followed() -> None:
    """The keys are where the settings say, or nowhere."""
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(302, headers={"Location": "https://evil.example/jwks.json"})

    with pytest.raises(ValueError, match="302; redirects are not followed"):
        await _fetch(httpx2.MockTransport(answer))
    assert asked == [URL]


async def test_an_oversized_answer_is_not_read_to_its_end() -> None:
    """However long it would be."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1024

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=endless()))
    with pytest.raises(ValueError, match="65536 bytes"):
        await _fetch(transport)
    assert sent == MAX_BYTES // 1024 + 1


async def test_a_compressed_answer_is_not_unpacked() -> None:
    """It was not asked for, and a small one could become a large one."""
    bomb = gzip.compress(b" " * 10_000_000)
    headers = {"Content-Encoding": "gzip"}
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, stream=httpx2.ByteStream(bomb), headers=headers)
    )
    assert await _fetch(transport) == bomb


async def test_an_answer_of_a_url_is_a_key_set() -> None:
    """The way that it goes every day."""
    body = key_set_json(rsa_key())
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=httpx2.ByteStream(body)))
    keys = KeySet(url_source(URL, transport=transport), place=URL)
    assert _ids(await keys.find("rsa")) == ["rsa"]


async def test_a_slow_issuer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole answers have a time limit, not only each byte."""
    monkeypatch.setattr("processor.access.key_set.FETCH_SECONDS", 0.01)

    async def never(_: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(TimeoutError):
        await _fetch(httpx2.MockTransport(never))


async def test_a_file_serves_as_well(tmp_path: Path) -> None:
    """And is read again like a URL."""
    path, clock = tmp_path / "jwks.json", Clock()
    path.write_bytes(key_set_json(rsa_key()))
    check_key_file(path)
    keys = KeySet(file_source(path), place=str(path), clock=clock)
    assert _ids(await keys.find("rsa")) == ["rsa"]
    path.write_bytes(key_set_json(ec_key()))
    clock.now += ASK_AGAIN_SECONDS
    assert _ids(await keys.find("ec")) == ["ec"]


def test_a_file_that_cannot_be_used_is_refused_at_start(tmp_path: Path) -> None:
    """With its path and what it should hold."""
    path = tmp_path / "jwks.json"
    with pytest.raises(FatalError, match=r"jwks\.json.*JWKS"):
        check_key_file(path)
    path.write_text(json.dumps({"keys": []}))
    with pytest.raises(FatalError, match="holds no public key"):
        check_key_file(path)
