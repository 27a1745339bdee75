"""State vectors are stored as whole numbers, and a view shows them."""

from alembic import op

from migrations.editions import Edition, find_edition, run_file
from migrations.moving import Move, is_interrupted, move

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NARROW = """
    last_contact, extract(epoch FROM last_contact - time_position)::bigint,
    round(longitude * 10000)::integer, round(latitude * 10000)::integer,
    round(velocity::double precision * 100)::integer,
    round(true_track::double precision * 100)::integer,
    round(vertical_rate::double precision * 100)::integer,
    baro_altitude, geo_altitude, position_source, category, on_ground, spi,
    icao24, callsign, origin_country, squawk, sensors
"""
_WIDE = """
    icao24, callsign, origin_country,
    last_contact - position_age * INTERVAL '1 second', last_contact,
    longitude_e4 / 10000::double precision, latitude_e4 / 10000::double precision,
    baro_altitude, on_ground, velocity_e2 / 100::double precision,
    true_track_e2 / 100::double precision, vertical_rate_e2 / 100::double precision,
    sensors, geo_altitude, squawk, spi, position_source, category
"""


def upgrade() -> None:
    if not is_interrupted():
        _make_view(find_edition())
    move(Move("stored_state_vectors", _NARROW, "0011_rounding"))


def downgrade() -> None:
    if not is_interrupted():
        _make_table(find_edition())
    move(Move("state_vectors", _WIDE, "0011_no_rounding"))


def _make_view(edition: Edition) -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE state_vectors RENAME TO former_state_vectors")
    run_file("0011_columns")
    run_file("0011_partitions" if edition is Edition.PLAIN else "0011_hypertable")
    if edition is Edition.COMMUNITY:
        run_file("0011_columnstore")
    run_file("0011_view")
    run_file("0011_readers")
    _keep_names("former_state_vectors")
    _rename_divided("state_vectors", "stored_state_vectors")
    run_file("0003_reader")


def _make_table(edition: Edition) -> None:
    run_file("0011_down")
    run_file("0001_state_vectors")
    run_file("0011_partitions_down" if edition is Edition.PLAIN else "0011_hypertable_down")
    if edition is Edition.COMMUNITY:
        run_file("0011_columnstore_down")
    run_file("0011_table")
    run_file("0011_readers")
    _keep_names("former_view")
    op.get_bind().exec_driver_sql("DROP VIEW former_view")
    _rename_divided("stored_state_vectors", "state_vectors")
    run_file("0003_reader")


def _keep_names(before: str) -> None:
    run_file("0011_names")
    op.get_bind().exec_driver_sql(f"SELECT pg_temp.keep_names('{before}')")


def _rename_divided(before: str, after: str) -> None:
    run_file("0011_functions")
    op.get_bind().exec_driver_sql(f"SELECT pg_temp.rename_divided('{before}', '{after}')")
