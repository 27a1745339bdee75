"""The gate: which credentials count, and what they grant."""

import asyncio
from pathlib import Path

import pytest
from joserfc.jwk import Key, RSAKey

from configuration.shared_sections import AccessSettings
from processor.access.api_keys import ApiKeys
from processor.access.errors import AccessError, RightLostError
from processor.access.gate import Gate, create_gate
from processor.access.grants import Right
from processor.access.key_set import FRESH_SECONDS, STALE_SECONDS
from processor.access.new_key import make_key
from processor.access.principal import ANONYMOUS, HISTORY, LIVE, METRICS, Principal, Scope
from processor.access.tickets import Tickets
from processor.access.tokens import LEEWAY_SECONDS, Tokens
from processor.errors import FatalError
from tests.unit.processor.access.issuer import (
    AUDIENCE,
    ISSUER,
    NOW,
    Clock,
    Source,
    claims,
    ec_key,
    key_set_json,
    rsa_key,
    sign,
    tokens,
)

HERE = "192.0.2.1"
METRICS_TOKEN = "m" * 32


class _Door:
    """A gate with one API key and one issuer."""

    def __init__(self, folder: Path) -> None:
        self.key, entry = make_key(name="tower", scopes=["flights:live"])
        file = folder / "keys.yaml"
        file.write_text(entry)
        self.tickets = Tickets(ttl_seconds=30, clock=Clock())
        self.gate = Gate(
            is_open=False,
            keys=ApiKeys(file),
            tokens=tokens(Source(key_set_json(rsa_key())), Clock()),
            tickets=self.tickets,
            metrics_token=METRICS_TOKEN,
        )

    async def admit(
        self,
        authorization: str | None = None,
        ticket: str | None = None,
        *,
        scope: Scope = LIVE,
        has_token_in_url: bool = False,
    ) -> Principal:
        return await self.gate.admit(
            authorization=authorization,
            ticket=ticket,
            scope=scope,
            has_token_in_url=has_token_in_url,
        )

    async def refusal(self, *args: str | None, **kwargs: bool) -> tuple[int, str]:
        with pytest.raises(AccessError) as raised:
            await self.admit(*args, **kwargs)  # type: ignore[arg-type]
        secrets = [text.rpartition(" ")[2] for text in args if text and len(text) > 20]
        assert all(secret not in raised.value.reason for secret in secrets)
        return raised.value.status, raised.value.code


@pytest.fixture
def door(tmp_path: Path) -> _Door:
    return _Door(tmp_path)


async def test_metrics_token_admits_to_the_metrics_alone(door: _Door) -> None:
    """A Prometheus without a key of the file, and the command that runs everything."""
    given = f"Bearer {METRICS_TOKEN}"
    assert (await door.admit(given, scope=METRICS)).scopes == {METRICS}
    assert await door.refusal(given) == (403, "insufficient_scope")
    assert await door.refusal(f"{given}x") == (401, "invalid_token")


async def test_keys_and_tokens_come_the_same_way(door: _Door) -> None:
    """Both are bearer credentials; the scheme's name may be in any case."""
    assert (await door.admit(f"Bearer {door.key}")).name == "key:tower"
    assert (await door.admit(f"bearer  {door.key} ")).name == "key:tower"
    assert (await door.admit(f"Bearer {sign(claims())}")).name == "sub:alice"


async def test_request_without_credentials_is_refused(door: _Door) -> None:
    """The error says what is needed."""
    assert await door.refusal() == (401, "missing")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dG93ZXI6", "Token x", "x"])
async def test_a_header_that_is_no_bearers_is_refused(door: _Door, header: str) -> None:
    """A header of another scheme is an error, not a missing header."""
    assert await door.refusal(header) == (401, "invalid_request")


async def test_the_header_counts_more_than_the_ticket(door: _Door) -> None:
    """A ticket does not repair a bad header, and stays unused."""
    ticket = door.gate.issue_ticket(await door.admit(f"Bearer {sign(claims())}"), HERE)
    assert (await door.admit(f"Bearer {door.key}", ticket)).name == "key:tower"
    assert await door.refusal("Bearer osfm_wrong", ticket) == (401, "invalid_token")
    assert (await door.admit(None, ticket)).name == "sub:alice"
    assert await door.refusal(None, ticket) == (401, "invalid_token")


async def test_a_ticket_opens_the_stream_and_its_past_only(door: _Door) -> None:
    """URLs are written to logs, so a ticket grants as little as possible."""
    scope = "flights:live flights:history metrics"
    all_three = await door.admit(f"Bearer {sign(claims(scope=scope))}")
    assert all_three.scopes == {LIVE, HISTORY, METRICS}
    assert (await door.admit(None, door.gate.issue_ticket(all_three, HERE))).scopes == {
        LIVE,
        HISTORY,
    }
    ticket = door.gate.issue_ticket(all_three, HERE)
    with pytest.raises(AccessError, match="metrics is needed"):
        await door.admit(None, ticket, scope=METRICS)
    only_live = await door.admit(f"Bearer {sign(claims(scope='flights:live'))}")
    assert (await door.admit(None, door.gate.issue_ticket(only_live, HERE))).scopes == {LIVE}


async def test_a_missing_scope_is_another_refusal(door: _Door) -> None:
    """The status is 403: another token of the same kind would not help."""
    for header in (f"Bearer {door.key}", f"Bearer {sign(claims())}"):
        with pytest.raises(AccessError) as raised:
            await door.admit(header, scope=HISTORY)
        assert (raised.value.status, raised.value.code) == (403, "insufficient_scope")


async def test_keys_and_tokens_in_the_url_are_refused(door: _Door) -> None:
    """Valid ones are refused as well, also as a ticket and beside a valid header."""
    for secret in (door.key, sign(claims())):
        assert await door.refusal(None, secret) == (401, "invalid_request")
    header = f"Bearer {door.key}"
    assert await door.refusal(header, has_token_in_url=True) == (401, "invalid_request")


async def test_what_is_not_in_use_is_refused_by_name(door: _Door) -> None:
    """The error says which kind of credentials is accepted instead."""
    neither = Gate(is_open=False, keys=None, tokens=None, tickets=door.tickets)
    for text, said in ((door.key, "API keys are not in use"), ("a.b.c", "tokens are not in use")):
        with pytest.raises(AccessError, match=said):
            await neither.admit(authorization=f"Bearer {text}", ticket=None, scope=LIVE)


@pytest.mark.parametrize("mode", ["loopback", "open"])
async def test_open_modes_admit_every_request(mode: str) -> None:
    """Any credentials are ignored; tickets are issued and not stored."""
    gate = create_gate(AccessSettings.model_validate({"mode": mode}))
    for authorization, ticket in ((None, None), ("Bearer x", "y"), ("Basic x", None)):
        admitted = await gate.admit(
            authorization=authorization, ticket=ticket, scope=HISTORY, has_token_in_url=True
        )
        assert admitted == ANONYMOUS
    assert len(gate.issue_ticket(ANONYMOUS, HERE)) == 43
    assert not gate._tickets._tickets


async def test_a_gate_is_made_from_settings(tmp_path: Path) -> None:
    """Keys and tokens can come from files, so that no other service has to run."""
    key, entry = make_key(name="tower", scopes=["flights:live"])
    (tmp_path / "keys.yaml").write_text(entry)
    (tmp_path / "jwks.json").write_bytes(key_set_json(rsa_key()))
    gate = create_gate(
        AccessSettings(
            mode="required",
            keys_file=tmp_path / "keys.yaml",
            jwt_issuer=ISSUER,
            jwt_audience=AUDIENCE,
            jwks_file=tmp_path / "jwks.json",
            ticket_seconds=7,
        )
    )
    assert gate.ticket_seconds == 7
    endless = sign(claims(exp=4_000_000_000))
    for text, name in ((key, "key:tower"), (endless, "sub:alice")):
        admitted = await gate.admit(authorization=f"Bearer {text}", ticket=None, scope=LIVE)
        assert admitted.name == name


def test_files_that_cannot_be_used_are_refused_at_start(tmp_path: Path) -> None:
    """The error does not wait for the first request."""
    nowhere = tmp_path / "nowhere"
    for settings in (
        AccessSettings(mode="required", keys_file=nowhere),
        AccessSettings(mode="required", jwt_issuer="i", jwt_audience="a", jwks_file=nowhere),
    ):
        with pytest.raises(FatalError, match="nowhere"):
            create_gate(settings)


class _Use:
    """A long use of a right, such as a stream."""

    def __init__(self, gate: Gate, principal: Principal) -> None:
        self._losses: list[str] = []
        self._held = gate.held(Right(principal, frozenset({LIVE})), self._lose)
        self._held.__enter__()

    def _lose(self, lost: RightLostError) -> None:
        self._losses.append(lost.loss)

    def losses(self) -> list[str]:
        """Return how the use ended, at most once."""
        return self._losses

    def end(self) -> None:
        self._held.__exit__(None, None, None)


class _Issuer:
    """A gate that accepts tokens of one issuer, whose keys may change."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.source = Source(key_set_json(rsa_key(), ec_key()))
        self.gate = Gate(
            is_open=False,
            keys=None,
            tokens=tokens(self.source, self.clock),
            tickets=Tickets(ttl_seconds=30, clock=self.clock),
        )

    async def admit(self, key: Key, **changed: object) -> Principal:
        text = sign(claims(**changed), key, alg="RS256" if key is rsa_key() else "ES256")
        return await self.gate.admit(authorization=f"Bearer {text}", ticket=None, scope=LIVE)

    async def look(self) -> None:
        """Do what the gate does every few seconds, until the issuer has answered."""
        checked = self.gate._tokens
        assert isinstance(checked, Tokens)
        checked.refresh()
        while checked._keys._refreshing is not None:  # noqa: ASYNC110 - of the gate's
            await asyncio.sleep(0)
        self.gate._grants.review()


async def test_what_a_withdrawn_key_has_signed_ends_when_the_set_is_read_again() -> None:
    """No new token is needed for it; tokens of the issuer's other key stay valid."""
    issuer = _Issuer()
    uses = [
        _Use(issuer.gate, await issuer.admit(key, exp=NOW + 9_000)) for key in (rsa_key(), ec_key())
    ]
    issuer.source.answer = key_set_json(ec_key())
    await issuer.look()
    assert issuer.source.asked == 1, "the set is fresh"
    assert [use.losses() for use in uses] == [[], []]
    issuer.clock.now += FRESH_SECONDS
    await issuer.look()
    assert issuer.source.asked == 2
    assert [use.losses() for use in uses] == [["revoked"], []]
    for use in uses:
        use.end()
    assert not issuer.gate._grants


@pytest.mark.parametrize("answer", [b"", b'{"keys": []}', b'{"keys', OSError("away")])
async def test_a_set_that_cannot_be_used_ends_nothing(answer: bytes | Exception) -> None:
    """An issuer that does not answer, or whose answer is cut off, withdraws no key."""
    issuer = _Issuer()
    use = _Use(issuer.gate, await issuer.admit(rsa_key(), exp=NOW + 9_000_000))
    issuer.source.answer = answer
    for _ in range(3):
        issuer.clock.now += STALE_SECONDS
        await issuer.look()
    assert issuer.source.asked == 4
    assert use.losses() == []


async def test_another_key_of_the_same_id_is_another_key() -> None:
    """Tokens of the previous key are refused, and streams that they opened end."""
    issuer = _Issuer()
    use = _Use(issuer.gate, await issuer.admit(rsa_key(), exp=NOW + 9_000))
    other = RSAKey.generate_key(2048, {"kid": "rsa"})
    issuer.source.answer = key_set_json(other)
    issuer.clock.now += FRESH_SECONDS
    await issuer.look()
    assert use.losses() == ["revoked"]


async def test_what_a_token_has_opened_ends_with_it() -> None:
    """Files end as well, after `exp` and the allowed difference of clocks."""
    issuer = _Issuer()
    use = _Use(issuer.gate, await issuer.admit(rsa_key(), exp=NOW + 60))
    issuer.clock.now += 60 + LEEWAY_SECONDS - 1
    await issuer.look()
    assert use.losses() == []
    issuer.clock.now += 1
    await issuer.look()
    assert use.losses() == ["expired"]


async def test_open_modes_check_nothing() -> None:
    """A principal without credentials cannot lose a right."""
    gate = create_gate(AccessSettings(mode="open"))
    use = _Use(gate, await gate.admit(authorization=None, ticket=None, scope=LIVE))
    gate._grants.review()
    assert use.losses() == []
    assert gate.keys_trouble() is None
