"""Every exception that Crossbook raises on purpose.

CrossbookError
├── ConfigurationError      the operator's settings or sync file; shown without a trace
├── ConditionFailed         an operator's condition could not be answered for a record; set aside
├── Unfit                   a value that the other system cannot hold in any form; the record is set aside
├── Refused                 what a sender sent is not acceptable; answered, never stored
│   ├── NotAuthentic            signature, secret or organisation is wrong
│   ├── Malformed               authentic but not readable
│   ├── TooLarge                more than we are willing to read
│   ├── TooSlow                 did not arrive in time, or not at all
│   └── WrongType               in a form or an encoding that is not read here
├── StoreUnavailable        the database did not take it; the sender must try again
├── NotImported             an exported file, or the database it is to fill, is not fit for it; nothing was written
├── LeaseLost               another worker owns the lane now; throw the outcome away
├── Held                    a person has stopped the lane, or the guard has; nothing was sent
└── VendorError             a call to Salesforce or Xero brought no usable answer
├── NotDone                 certainly not carried out; safe to plan again
│   ├── OutOfQuota              the vendor's or our own limit; carries the instant it ends
│   ├── SignInNeeded            credentials refused; a person must act
│   ├── Unreachable             never arrived, or the vendor is offline
│   └── CallRefused             the call as a whole was refused and would be again
└── Doubtful                sent, but whether it was carried out is unknown
"""

from datetime import datetime


class CrossbookError(Exception):
    """The root: catch it to catch everything that Crossbook raises on purpose."""


class ConfigurationError(CrossbookError):
    """Settings or a sync file cannot be used; the message tells the operator what to change."""


class ConditionFailed(CrossbookError):
    """A condition of the sync file has no answer for this record. It is never taken as false."""


class Unfit(CrossbookError):
    """The other system can hold a value in no form that would still mean the same; the message says which and why."""


class Refused(CrossbookError):
    """A sender's request is not acceptable. Nothing of it may be stored or logged."""


class NotAuthentic(Refused):
    """The signature, the secret or the organisation is not the expected one."""


class Malformed(Refused):
    """The sender is authentic, the content is not readable."""


class TooLarge(Refused):
    """The body is longer than we are willing to read."""


class TooSlow(Refused):
    """The body did not arrive in the time it had, or its sender left before the end."""


class WrongType(Refused):
    """The body is of a media type, or compressed in a way, that is not read here."""


class StoreUnavailable(CrossbookError):
    """The database did not commit. Nothing was accepted."""


class NotImported(CrossbookError):
    """What was exported cannot be taken in: the file or the database is not fit for it. Nothing was written."""


class LeaseLost(CrossbookError):
    """The lane's epoch has moved on: another worker drains it now."""


class Held(CrossbookError):
    """The lane is stopped until a person says so, or may do less than was asked for. Nothing was sent.

    `room` is how many records of the call may still be written.
    """

    def __init__(self, message: str, *, room: int = 0) -> None:
        super().__init__(message)
        self.room = room


class VendorError(CrossbookError):
    """A call to a vendor brought no usable answer.

    `request_id` is the vendor's own correlation id where one was sent.
    """

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class NotDone(VendorError):
    """The vendor certainly did not carry the call out."""


class OutOfQuota(NotDone):
    """A limit of the vendor's or of our own is reached; `until` is when to come back (UTC)."""

    def __init__(self, message: str, *, until: datetime, request_id: str | None = None) -> None:
        super().__init__(message, request_id=request_id)
        self.until = until


class SignInNeeded(NotDone):
    """Credentials, consent or connection are gone; a person must sign in again."""


class Unreachable(NotDone):
    """The request did not arrive, or the vendor is offline; it passes by itself.

    `until` is when to come back (UTC) where the vendor says or is known to need longer; None means soon.
    """

    def __init__(self, message: str, *, until: datetime | None = None, request_id: str | None = None) -> None:
        super().__init__(message, request_id=request_id)
        self.until = until


class CallRefused(NotDone):
    """The whole call was refused for its content and would be refused again."""

    def __init__(self, message: str, *, code: str, request_id: str | None = None) -> None:
        super().__init__(message, request_id=request_id)
        self.code = code


class Doubtful(VendorError):
    """The call was sent and no trustworthy answer came: it may have been carried out.

    `answered` tells that an answer came, and that the vendor would give it again to the same request.
    """

    def __init__(self, message: str, *, answered: bool = False, request_id: str | None = None) -> None:
        super().__init__(message, request_id=request_id)
        self.answered = answered
