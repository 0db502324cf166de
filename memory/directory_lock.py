"""The lock of a data directory, held by one supervisor at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from core.errors import Conflict, Misconfigured


class DataDirectoryBusy(Conflict):
    """Another living supervisor uses the directory."""

    def __init__(self, directory: Path, owner: str) -> None:
        by = f" by process {owner}" if owner else ""
        super().__init__(
            f"The data directory {directory} is in use{by}; stop that Marquee first or set MARQUEE_DATA_DIR."
        )


class DirectoryLock:
    """Held while entered; the operating system releases it when the holder dies."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock or raise at once.

        Raises:
            DataDirectoryBusy: A living process holds it.
            Misconfigured: The directory cannot be written.
        """
        path = self.directory / "lock"
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = path.open("a+")
        except OSError as error:
            raise Misconfigured(
                f"MARQUEE_DATA_DIR names {self.directory}, which cannot be written ({error.strerror})."
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read().strip()
            file.close()
            raise DataDirectoryBusy(self.directory, owner) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Release the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
