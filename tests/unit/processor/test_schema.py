"""The processor knows the revisions of the migrations that it comes with."""

from alembic.config import Config
from alembic.script import ScriptDirectory

from processor.schema import REVISIONS
from testkit.services import ROOT


def test_revisions_are_those_of_the_migrations() -> None:
    """A new migration has to be added there, or every start would refuse the tables as newer."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    script = ScriptDirectory.from_config(config)
    assert [revision.revision for revision in script.walk_revisions()][::-1] == list(REVISIONS)
