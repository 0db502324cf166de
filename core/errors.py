"""The tree of errors: kind, slug, facts; never an HTTP status.

```
MarqueeError
├── Invalid            the caller sent something that cannot be accepted
│   └── InvalidFields  one message per field
├── Unauthenticated    nobody is signed in, or the token does not hold
├── Forbidden          signed in, but the role does not allow it
├── NotFound           unknown or another tenant's; indistinguishable
├── Conflict           the state does not allow it (now)
│   └── VersionMismatch
├── Throttled          too many requests
│   └── QuotaExhausted
├── ModelFailed        the language model did not give a usable answer
├── Unavailable        a part that is needed does not answer
└── Misconfigured      a setting is wrong; names the setting
```
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

Kind = Literal[
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "precondition",
    "unprocessable",
    "throttled",
    "model",
    "unavailable",
    "misconfigured",
    "internal",
]


class MarqueeError(Exception):
    """An expected failure, rendered as an RFC 9457 problem.

    `slug` is stable and documented in `docs/problems.md`; `facts` are its JSON-safe parameters.
    """

    kind: ClassVar[Kind] = "internal"
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts

    def problem(self) -> dict[str, Any]:
        """The problem object of RFC 9457 without status and request id."""
        return {
            "type": f"/docs/problems#{self.slug}",
            "slug": self.slug,
            "title": self.title,
            "detail": self.detail,
            **self.facts,
        }


class Invalid(MarqueeError):
    """The request cannot be accepted as it is."""

    kind: ClassVar[Kind] = "unprocessable"
    slug = "invalid"
    title = "The request cannot be accepted"


class InvalidFields(Invalid):
    """Field errors, each with the correction."""

    slug = "invalid-fields"
    title = "Some fields are not right"

    def __init__(self, errors: list[dict[str, str]]) -> None:
        named = "; ".join(f"{error['field']}: {error['message']}" for error in errors[:3])
        super().__init__(named, errors=errors)


class MalformedBody(Invalid):
    """The body is not JSON, or not of the declared media type."""

    kind: ClassVar[Kind] = "invalid"
    slug = "malformed-body"
    title = "The body could not be read"


class BodyTooLarge(Invalid):
    """The body is longer than the server takes."""

    kind: ClassVar[Kind] = "invalid"
    slug = "body-too-large"
    title = "The body is too large"


class Unauthenticated(MarqueeError):
    """No valid access token came with the request."""

    kind: ClassVar[Kind] = "unauthenticated"
    slug = "unauthenticated"
    title = "Sign in first"


class BadCredentials(Unauthenticated):
    """E-mail or password is wrong; the response does not say which."""

    slug = "bad-credentials"
    title = "E-mail or password is not right"


class SessionEnded(Unauthenticated):
    """The refresh token is expired, revoked or was used before."""

    slug = "session-ended"
    title = "The session has ended; sign in again"


class Forbidden(MarqueeError):
    """The role does not allow the operation."""

    kind: ClassVar[Kind] = "forbidden"
    slug = "forbidden"
    title = "Your role does not allow this"


class RegistrationClosed(Forbidden):
    """Accounts are made by the administrator only."""

    slug = "registration-closed"
    title = "Accounts are made by the administrator here"


class NotFound(MarqueeError):
    """Unknown, malformed or somebody else's id."""

    kind: ClassVar[Kind] = "not_found"
    slug = "not-found"
    title = "There is nothing at this address"

    def __init__(self, noun: str, **facts: Any) -> None:
        super().__init__(f"No {noun} has this id.", noun=noun, **facts)


class NoSuchAddress(NotFound):
    """No operation has this path."""

    def __init__(self) -> None:
        super().__init__("operation")
        self.detail = "No operation has this path; /docs lists them all."


class Deleted(NotFound):
    """The resource existed and was deleted."""

    slug = "deleted"
    title = "This was deleted"

    def __init__(self, noun: str) -> None:
        super().__init__(noun)
        self.detail = f"The {noun} was deleted."


class Conflict(MarqueeError):
    """The current state does not allow the operation."""

    kind: ClassVar[Kind] = "conflict"
    slug = "conflict"
    title = "The present state does not allow this"


class EmailTaken(Conflict):
    """Another account has this e-mail address."""

    slug = "email-taken"
    title = "An account with this e-mail address exists"


class NotEmpty(Conflict):
    """The resource still contains others; `cascade=true` deletes them too."""

    slug = "not-empty"
    title = "It still holds other things"


class TooManyBusinesses(Conflict):
    """The person has reached the limit of businesses."""

    slug = "too-many-businesses"
    title = "You have as many businesses as one person may"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"One person may have {limit} here. Delete one that you no longer need, or ask the administrator "
            "to raise MARQUEE_BUSINESSES_PER_USER.",
            limit=limit,
        )


class RunInputDiffers(Conflict):
    """The run id was used before with another input."""

    slug = "run-input-differs"
    title = "This runId belongs to another message"


class ThreadBusy(Conflict):
    """A run of the thread is still going on."""

    slug = "thread-busy"
    title = "This thread is still working"


class IdempotencyInFlight(Conflict):
    """A request with the same Idempotency-Key has not ended."""

    slug = "idempotency-in-flight"
    title = "The first request with this key is still being handled"


class IdempotencyMismatch(Invalid):
    """The Idempotency-Key came before with another body."""

    slug = "idempotency-mismatch"
    title = "This Idempotency-Key belongs to another request"


class VersionMismatch(Conflict):
    """The document has changed since it was read."""

    kind: ClassVar[Kind] = "precondition"
    slug = "version-mismatch"
    title = "It has changed since you read it"


class Throttled(MarqueeError):
    """Too many requests; `retry_after` seconds."""

    kind: ClassVar[Kind] = "throttled"
    slug = "throttled"
    title = "Too many requests"


class QuotaExhausted(Throttled):
    """The business has used this month's tokens."""

    slug = "quota-exhausted"
    title = "This month's tokens are used up"

    def __init__(self, resets_at: datetime, limit: int, remaining: int) -> None:
        super().__init__(
            f"The next month starts {resets_at:%d %b %Y}.",
            quota="business",
            resets_at=resets_at.isoformat().replace("+00:00", "Z"),
            limit=limit,
            remaining=max(remaining, 0),
        )


class InstallationQuotaExhausted(QuotaExhausted):
    """All businesses of the installation together have used its tokens of the month."""

    title = "This installation's tokens of the month are used up"

    def __init__(self, resets_at: datetime) -> None:
        Throttled.__init__(
            self,
            f"All businesses here share it. The next month starts {resets_at:%d %b %Y}; until then the "
            "administrator can raise MARQUEE_QUOTA_INSTALLATION.",
            quota="installation",
            resets_at=resets_at.isoformat().replace("+00:00", "Z"),
        )


class ModelFailed(MarqueeError):
    """The language model gave no usable answer; finished drafts are kept."""

    kind: ClassVar[Kind] = "model"
    slug = "model-failed"
    title = "The language model did not answer"


class ModelUnreachable(ModelFailed):
    """The connection was refused, timed out or cut, also after retries."""

    slug = "model-unreachable"
    title = "The language model cannot be reached"


class ModelBusy(ModelFailed):
    """The provider limits the rate, also after the retries."""

    slug = "model-busy"
    title = "The language model is busy"


class ModelRefusedRequest(ModelFailed):
    """The provider rejects the request: key, model name or parameters."""

    slug = "model-refused"
    title = "The language model refused the request"


class ContextOverflow(ModelFailed):
    """The prompt is longer than the model can take."""

    slug = "context-overflow"
    title = "The request is too long for this model"


class UnusableAnswer(ModelFailed):
    """The output does not fit its schema, also after a retry."""

    slug = "unusable-answer"
    title = "The language model's answer was not usable"


class RunLost(MarqueeError):
    """The run's worker died too often."""

    kind: ClassVar[Kind] = "unavailable"
    slug = "run-lost"
    title = "The work was interrupted too often; try again"


class RunLate(MarqueeError):
    """The run passed its deadline; finished drafts are kept."""

    kind: ClassVar[Kind] = "unavailable"
    slug = "run-late"
    title = "The work took too long and was stopped"


class Unavailable(MarqueeError):
    """A required store or service does not answer."""

    kind: ClassVar[Kind] = "unavailable"
    slug = "unavailable"
    title = "A part of Marquee does not answer"


class Misconfigured(MarqueeError):
    """A setting is wrong; the sentence names it."""

    kind: ClassVar[Kind] = "misconfigured"
    slug = "misconfigured"
    title = "A setting is wrong"
