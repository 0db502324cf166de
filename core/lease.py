"""The lease and attempt counter of a document that workers claim."""

from __future__ import annotations

from core.document import TenantDocument, Value


class Lease(Value):
    """Which worker holds a document, and its heartbeat.

    `beat` changes with every renewal. It holds no time: an observer that sees the same lease for a whole
    lease duration on its own clock marks it `expired`. The holder may renew it until another worker claims
    the document.
    """

    owner: str
    beat: int = 0
    expired: bool = False


class Claimable(TenantDocument):
    """A document that one worker at a time processes.

    `attempt` counts claims and fences every later write. `returned` counts the attempts that were released in
    order and are no failures.
    """

    attempt: int = 0
    returned: int = 0
    lease: Lease | None = None

    @property
    def failures(self) -> int:
        """The number of attempts that failed or lost their worker, including the current one."""
        return self.attempt - self.returned
