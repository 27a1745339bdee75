"""Reading by SQL: views, comments on all columns, and a role that can only read."""

import logging

from alembic import op

from migrations.editions import run_file

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NO_READER = (
    "the role flights_reader was not created: this user may not create roles. All else works; "
    "for read-only access run migrations/sql/0003_reader.sql by psql as a user who may"
)


def upgrade() -> None:
    run_file("0003_views")
    run_file("0003_comments")
    run_file("0003_reader")
    if op.get_bind().exec_driver_sql("SELECT to_regrole('flights_reader')").scalar() is None:
        logging.getLogger(__name__).warning(NO_READER)


def downgrade() -> None:
    run_file("0003_down")
