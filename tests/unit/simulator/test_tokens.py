"""The token endpoint and what a bearer token opens."""

import httpx2
import pytest

from simulator.server import TOKEN_PATH
from tests.unit.simulator.conftest import Build, Clock


async def test_client_credentials_get_a_bearer_token_with_its_lifetime(build: Build) -> None:
    answer = (await build(lifetime=90).request_token()).json()
    assert answer["token_type"].lower() == "bearer"
    assert answer["expires_in"] == 90
    assert answer["access_token"].count(".") == 2


async def test_credentials_are_also_taken_from_a_basic_header(build: Build) -> None:
    answer = await build().post(
        TOKEN_PATH, data={"grant_type": "client_credentials"}, auth=("simulator", "simulator")
    )
    assert answer.status_code == 200


async def test_wrong_secret_is_401_in_keycloaks_words(build: Build) -> None:
    answer = await build().request_token(client_secret="wrong")  # noqa: S106 - a made-up one
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "unauthorized_client",
        "error_description": "Invalid client or Invalid client credentials",
    }


async def test_unknown_client_is_401(build: Build) -> None:
    answer = await build().request_token(client_id="unknown")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("grant", ["password", ""])
async def test_other_grants_are_400(build: Build, grant: str) -> None:
    assert (await build().request_token(grant_type=grant)).status_code == 400


async def test_token_opens_the_api_until_it_expires(build: Build, clock: Clock) -> None:
    client = build(lifetime=10)
    token = await client.token()
    clock.now += 9.9
    assert (await client.states(token)).status_code == 200
    clock.now += 0.2
    assert (await client.states(token)).status_code == 401
    assert (await client.states(await client.token())).status_code == 200


async def test_unknown_token_is_401_and_basic_is_anonymous(build: Build) -> None:
    client = build()
    assert (await client.states("made-up")).status_code == 401
    answer = await client.get("/api/states/all", auth=httpx2.BasicAuth("simulator", "simulator"))
    assert answer.status_code == 200
    assert answer.headers["x-rate-limit-remaining"] == "396"
