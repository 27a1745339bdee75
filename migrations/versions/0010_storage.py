"""Late rows roll up their aircraft alone, and the archive compresses chunks itself."""

from migrations.editions import Edition, find_edition, run_file

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0010_minutes")
    run_file("0010_comments")
    is_community = find_edition() is Edition.COMMUNITY
    run_file("0010_columnstore" if is_community else "0010_no_columnstore")
    run_file("0003_reader")


def downgrade() -> None:
    run_file("0010_down")
    is_community = find_edition() is Edition.COMMUNITY
    if is_community:
        run_file("0010_columnstore_down")
    run_file("0004_columnstore" if is_community else "0004_no_columnstore")
