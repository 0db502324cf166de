"""What every document carries that workers claim: its lease and how many attempts it has had."""

from __future__ import annotations

from core.document import TenantDocument, Value


class Lease(Value):
    """Which worker holds a document, and its heartbeat.

    `beat` changes with every renewal. There is no time in it: an observer who sees the same lease for the
    whole lease duration, by the observer's own clock, marks it `expired`. Its holder may take it back until
    another worker has claimed the document.
    """

    owner: str
    beat: int = 0
    expired: bool = False


class Claimable(TenantDocument):
    """A document that one worker at a time works on.

    `attempt` counts claims and fences every later write. `returned` is the number of attempts that count
    as no failure, because their worker gave the document back in order.
    """

    attempt: int = 0
    returned: int = 0
    lease: Lease | None = None

    @property
    def failures(self) -> int:
        """How many attempts failed or lost their worker, the one that holds the document included."""
        return self.attempt - self.returned
