"""Airports, and where flights took off and landed."""

from alembic import op

from migrations.editions import BETWEEN_STATEMENTS, SQL, run_file
from processor.reference.airports import load_airports

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

_INSERT = """
    INSERT INTO airports
        (icao, iata, name, city, country, latitude, longitude, altitude, importance)
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[],
        $8::real[], $9::smallint[]
    )
"""


def upgrade() -> None:
    run_file("0013_airports")
    rows = [(*airport, airport.importance) for airport in load_airports()]
    op.get_bind().exec_driver_sql(_INSERT, tuple(map(list, zip(*rows, strict=True))))
    run_file("0003_reader")


def downgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER VIEW flights RENAME TO former_flights")
    # The view as it was before.
    _, create, rest = (SQL / "0005_flights.sql").read_text().rpartition("CREATE OR REPLACE VIEW")
    op.get_bind().exec_driver_sql((create + rest).split(BETWEEN_STATEMENTS)[0])
    run_file("0013_down")
    run_file("0003_reader")
