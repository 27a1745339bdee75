"""Store invented flights with what the archive and its maintenance derive from them."""

import datetime as dt

import asyncpg

from processor.archive.instants import take_unix_seconds
from processor.archive.stored_values import STORED_FIELDS, to_stored_row
from testkit.given_timescale import compress_stored
from testkit.invented_day import Leg

_LEG = """
INSERT INTO flight_legs (icao24, first_seen, callsign, origin_country, take_off, landing)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_MINUTES = """
INSERT INTO minutely_state_vectors
SELECT DISTINCT ON (icao24, minute)
       date_trunc('minute', last_contact) AS minute,
       count(*) OVER (PARTITION BY icao24, date_trunc('minute', last_contact)),
       icao24, callsign, origin_country, time_position, last_contact, longitude, latitude,
       baro_altitude, on_ground, velocity, true_track, vertical_rate, geo_altitude, squawk, spi,
       position_source, category
FROM state_vectors
ORDER BY icao24, minute, last_contact DESC
"""
_HOURS = """
INSERT INTO touched_hours SELECT DISTINCT date_trunc('hour', minute) FROM minutely_state_vectors
"""


async def store(dsn: str, legs: list[Leg]) -> None:
    """Fill the tables of a migrated database; no flight is measured and no hour rolled up yet."""
    connection = await asyncpg.connect(dsn)
    await take_unix_seconds(connection)
    vectors = [vector for leg in legs for vector in leg.vectors]
    moments = {vector.last_contact for vector in vectors}
    days = sorted({dt.datetime.fromtimestamp(moment, dt.UTC).date() for moment in moments})
    await connection.execute("SELECT make_partitions($1::date[])", days)
    await connection.execute("SELECT make_minutely_partitions($1::date[])", days)
    rows = map(to_stored_row, vectors)
    await connection.copy_records_to_table(
        "stored_state_vectors", records=rows, columns=STORED_FIELDS
    )
    await connection.executemany(_LEG, [_row(leg) for leg in legs])
    await connection.execute(_MINUTES)
    await connection.execute(_HOURS)
    await connection.execute("ANALYZE")
    await connection.close()
    await compress_stored(dsn)


def _row(leg: Leg) -> tuple[object, ...]:
    first = leg.vectors[0]
    return (
        *(first.icao24, first.last_contact, first.callsign, first.origin_country),
        *(leg.take_off, leg.landing),
    )
