"""Programs out of Debian's packages, unpacked into the cache with the libraries that they load."""

from dataclasses import dataclass
from pathlib import Path

from testkit import debian_packages
from testkit.cache import PartUnavailableError, cache_dir, installing


@dataclass(frozen=True)
class DebianPrograms:
    """Programs that are installed together.

    Attributes:
        name: What they are, for the reader of a message.
        folder: The name of their folder in the cache, before the suite.
        packages: Their packages, and those of the shared libraries that they load.
        programs: The folders of the programs below that folder.
    """

    name: str
    folder: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]

    def program(self, name: str) -> Path:
        """Return the path of a program, which is there once it is installed."""
        paths = [self.target / programs / name for programs in self.programs]
        return next((path for path in paths if path.exists()), paths[0])

    def unavailable_reason(self) -> str | None:
        """Return why they cannot be run here, with the remedy; None if they can."""
        if unsuitable := debian_packages.unsuitable_machine(self.name):
            return unsuitable
        if self.target.exists():
            return None
        remedy = f"install {self.name} with `python -m testkit.install`"
        return f"{self.target} does not exist: {remedy}"

    def install(self) -> Path:
        """Install them unless they are installed, and return their folder.

        Raises:
            PartUnavailableError: The machine is not suitable, or its mirror does not answer.
        """
        if unsuitable := debian_packages.unsuitable_machine(self.name):
            raise PartUnavailableError(unsuitable)
        with installing(self.target) as folder:
            if folder is not None:
                debian_packages.unpack(folder, self.packages)
                for programs in self.programs:
                    debian_packages.wrap_programs(folder / programs, root=self.target)
        return self.target

    @property
    def target(self) -> Path:
        """Their folder in the cache."""
        return cache_dir() / f"{self.folder}-debian-{debian_packages.SUITE}"
