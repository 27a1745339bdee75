"""Tokens: one test for each known way to forge or misuse them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwk import Key, RSAKey

from processor.access.errors import AccessError
from processor.access.tokens import LEEWAY_SECONDS, MAX_TOKEN_BYTES, PinnedRegistry
from processor.bounding_box import BoundingBox
from tests.unit.processor.access.issuer import (
    LIFETIME_S,
    NOW,
    Clock,
    Source,
    claims,
    confused,
    ec_key,
    ed_key,
    key_set_json,
    rsa_key,
    sign,
    tokens,
    unsigned,
)


def _source() -> Source:
    return Source(key_set_json(rsa_key(), ec_key(), ed_key()))


async def _name(token: str, source: Source | None = None) -> str:
    """Return the name of an accepted token's principal."""
    return (await tokens(source or _source(), Clock()).identify(token)).name


async def _refusal(token: str, clock: Clock | None = None) -> AccessError:
    with pytest.raises(AccessError) as raised:
        await tokens(_source(), clock or Clock()).identify(token)
    assert (raised.value.status, raised.value.code) == (401, "invalid_token")
    return raised.value


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(rsa_key, "RS256"), (ec_key, "ES256"), (ed_key, "EdDSA"), (ed_key, "Ed25519")],
)
async def test_a_token_of_the_issuers_names_its_bearer(
    key: Callable[[], Key], algorithm: str
) -> None:
    """Each allowed algorithm works, and Ed25519 under both of its names."""
    token = sign(claims(), key(), alg=algorithm)
    principal = await tokens(_source(), Clock()).identify(token)
    assert principal.name == "sub:alice"
    assert principal.scopes == {"flights:live"}
    assert principal.areas == ()
    assert principal.expires_at == NOW + LIFETIME_S


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", None])
async def test_access_tokens_may_say_so_or_say_nothing(typ: str | None) -> None:
    """Many issuers do not set the type of RFC 9068."""
    assert await _name(sign(claims(), typ=typ)) == "sub:alice"


@pytest.mark.parametrize("typ", ["logout+jwt", "secevent+jwt", "dpop+jwt", ""])
async def test_a_token_of_another_type_is_refused(typ: str) -> None:
    """It has another purpose, perhaps with the same claims."""
    assert "typ" in (await _refusal(sign(claims(), typ=typ))).reason


async def test_a_token_without_signature_is_refused() -> None:
    """The algorithm is none, or the signature is cut off."""
    await _refusal(unsigned(claims()))
    await _refusal(unsigned(claims(), kid="rsa"))
    await _refusal(sign(claims()).rpartition(".")[0] + ".")


async def test_the_public_key_is_no_secret_to_sign_with() -> None:
    """Key confusion signs with HS256 and the published key."""
    await _refusal(confused(claims()))


async def test_algorithms_are_those_of_the_settings() -> None:
    """Another algorithm of a valid key is refused, and every one if none is configured."""
    token = sign(claims(), rsa_key(), alg="RS256")
    for allowed in (("ES256",), ()):
        with pytest.raises(AccessError, match="alg"):
            await tokens(_source(), Clock(), algorithms=allowed).identify(token)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES256", ""])
def test_who_verifies_knows_only_the_allowed_algorithms(algorithm: str) -> None:
    """The verifier refuses another algorithm even if it reads the header differently."""
    with pytest.raises(UnsupportedAlgorithmError):
        PinnedRegistry(["RS256"]).get_alg(algorithm)


async def test_a_refused_algorithm_does_not_cost_the_issuer_a_request() -> None:
    """A token that can be refused at once causes no request."""
    source = _source()
    for token in (unsigned(claims()), confused(claims()), "nonsense"):
        with pytest.raises(AccessError):
            await tokens(source, Clock()).identify(token)
    assert source.asked == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"iss": ["https://issuer.example"]},
        {"iss": None},
        {"aud": "another-service"},
        {"aud": ["another-service"]},
        {"aud": []},
        {"aud": None},
        {"exp": None},
        {"exp": NOW - LEEWAY_SECONDS},
        {"exp": str(NOW + 60)},
        {"exp": True},
        {"exp": 10**400},
        {"nbf": NOW + LEEWAY_SECONDS + 1},
        {"iat": NOW + LEEWAY_SECONDS + 1},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"scope": ["flights:live"]},
        {"scope": 1},
    ],
    ids=str,
)
async def test_claims_that_are_wrong_or_missing_are_refused(changed: dict[str, Any]) -> None:
    """The issuer signed them, but for another audience, time or form."""
    await _refusal(sign(claims(**changed)))


async def test_an_expiry_that_is_no_number_never_comes_and_is_refused() -> None:
    """Python's JSON accepts NaN, and every comparison with NaN is false."""
    await _refusal(sign(claims(exp=float("nan"))))
    await _refusal(sign(claims(exp=float("inf"))))


async def test_clocks_may_differ_by_the_leeway() -> None:
    """It counts in both directions; what a late token opens ends at its expiry."""
    clock = Clock(NOW + LIFETIME_S + LEEWAY_SECONDS - 1)
    principal = await tokens(_source(), clock).identify(sign(claims()))
    assert principal.expires_at == NOW + LIFETIME_S
    assert await _name(sign(claims(nbf=NOW + LEEWAY_SECONDS))) == "sub:alice"


async def test_one_audience_of_several_may_be_ours() -> None:
    """RFC 7519, 4.1.3 allows a list."""
    token = sign(claims(aud=["another-service", "flight-monitor"]))
    assert await _name(token) == "sub:alice"


async def test_a_key_that_the_token_brings_is_ignored() -> None:
    """The token may hold a key (jwk) or link to one (jku, x5u)."""
    own = RSAKey.generate_key(2048, {"kid": "rsa"})
    for header in (
        {"jwk": ec_key("evil").as_dict(private=False)},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/chain.pem"},
    ):
        await _refusal(sign(claims(), own, **header))
    signed_with_what_it_brings = sign(
        claims(), ec_key("evil"), alg="ES256", jwk=ec_key("evil").as_dict(private=False)
    )
    await _refusal(signed_with_what_it_brings)


async def test_an_address_of_keys_in_an_honest_token_is_not_asked() -> None:
    """Only the configured source is requested, once."""
    source = _source()
    token = sign(claims(), jku="https://issuer.example/other.json")
    assert await _name(token, source) == "sub:alice"
    assert source.asked == 1


async def test_a_changed_token_is_refused() -> None:
    """The claims were exchanged under a valid signature."""
    header, _, signature = sign(claims()).split(".")
    _, payload, _ = sign(claims(sub="mallory")).split(".")
    await _refusal(f"{header}.{payload}.{signature}")


async def test_the_key_id_is_a_hint_only() -> None:
    """Without an id every key is tried, and with a shared one all keys that share it."""
    token = sign(claims(), ec_key(), alg="ES256", kid=None)
    assert await _name(token) == "sub:alice"
    twins = Source(key_set_json(rsa_key("same"), ec_key("same")))
    for key, algorithm in ((rsa_key("same"), "RS256"), (ec_key("same"), "ES256")):
        assert await _name(sign(claims(), key, alg=algorithm), twins) == "sub:alice"


async def test_scopes_are_those_we_know() -> None:
    """Other scopes of the issuer are ignored."""
    token = sign(claims(scope="openid flights:history  admin metrics"))
    principal = await tokens(_source(), Clock()).identify(token)
    assert principal.scopes == {"flights:history", "metrics"}
    assert (await tokens(_source(), Clock()).identify(sign(claims(scope=None)))).scopes == set()


async def test_areas_limit_the_bearer() -> None:
    """Areas may cross the antimeridian."""
    token = sign(claims(areas=[[5.5, 45, 10, 48], [170, -20, -170, 0]]))
    principal = await tokens(_source(), Clock()).identify(token)
    assert principal.areas == (BoundingBox(5.5, 45, 10, 48), BoundingBox(170, -20, -170, 0))


@pytest.mark.parametrize(
    "areas",
    [
        [],
        {},
        "",
        "5,45,10,48",
        False,
        [5, 45, 10, 48],
        [[5, 45, 10]],
        [[5, 45, 10, 48, 0]],
        [[5, 48, 10, 45]],
        [[5, 45, 181, 48]],
        [["5", "45", "10", "48"]],
        [[True, True, True, True]],
        [[5, 45, 10, None]],
        [[5, 45, 10, 48], []],
        [[5, float("nan"), 10, 48]],
        [[0, 0, 1, 1]] * 33,
    ],
    ids=str,
)
async def test_malformed_areas_are_refused_and_never_the_globe(areas: object) -> None:
    """A mistake of the issuer must not grant more than it meant to."""
    await _refusal(sign(claims() | {"areas": areas}))


async def test_areas_that_are_null_are_refused() -> None:
    """A missing claim means the globe; an empty one is a mistake."""
    await _refusal(sign(claims() | {"areas": None}))


async def test_an_oversized_token_is_refused_unread() -> None:
    """The signature does not matter."""
    await _refusal(sign(claims(padding="x" * MAX_TOKEN_BYTES)))


async def test_claims_that_are_no_object_are_refused() -> None:
    """The signature over them is valid."""
    for payload in (["sub"], "sub", 1, None, json.loads("[" * 500 + "]" * 500)):
        await _refusal(sign(payload))


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,9}){0,5}")))
async def test_whatever_is_no_token_is_refused_alike(text: str) -> None:
    """All get the same error, so that no other exception can end a request."""
    with pytest.raises(AccessError):
        await tokens(Source(key_set_json(ec_key())), Clock()).identify(text)


@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "x5c"]),
        st.one_of(st.none(), st.text(max_size=5), st.integers(), st.lists(st.text(max_size=3))),
    )
)
async def test_whatever_a_header_holds_is_refused_alike(header: dict[str, Any]) -> None:
    """No key has signed these headers."""
    token = unsigned(claims(), **{"alg": "ES256", **header}) + "AAAA"
    with pytest.raises(AccessError):
        await tokens(Source(key_set_json(ec_key())), Clock()).identify(token)
