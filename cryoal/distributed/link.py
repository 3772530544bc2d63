"""The connection to Dask's scheduler, which may go away and come back."""

from __future__ import annotations

import logging
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.errors import CrewError, FileFormatError
from cryoal.records import is_there, read_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from cryoal.distributed.patience import Patience

__all__ = ["Link", "connect", "quiet"]

FIRST = 10
"""Seconds for a scheduler to answer; Dask tries again and again until then."""

FILE = 60
"""The same where it is still to write its file: both may begin at once in a job."""

SENDING = 120
"""Seconds for a worker to take its copy of the work: networks have up to 130 MB of weights."""

PAUSE = 0.2


def connect(address: str, seconds: float = FIRST) -> Any:
    """A client of the scheduler at `address`, or at the one in the file that it wrote.

    Raises
    ------
    CrewError
        Nobody answers there, it is no scheduler, or there is no such file.
    """
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    # who is lost is told in lines of ours; Dask logs others of its own, with tracebacks
    for name in ("distributed", "distributed.client"):  # the second has a level of its own
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if address.endswith(".json"):
        address = _address_in(Path(address), seconds)
    _require_address(address)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", VersionMismatchWarning
            )  # workers are looked at one by one
            return Client(address, timeout=seconds, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:  # TimeoutError is an OSError
        raise CrewError(
            f"expected a Dask scheduler at {address}, found nobody who answers within "
            f"{seconds:.0f} s ({_first_line(error)})"
        ) from error


def quiet() -> AbstractContextManager[object]:
    """Lets work be submitted without a warning of how large it is."""
    import dask

    quiet: AbstractContextManager[object] = dask.config.set(
        {"distributed.admin.large-graph-warning-threshold": "1 TB"}
    )
    return quiet


class Link:
    """A client that is there: another is made where Dask has given up the former."""

    def __init__(self, client: Any, patience: Patience, say: Callable[[str], None]) -> None:
        self.client = client
        self._address = client.scheduler.address
        self._patience, self._say = patience, say
        self._is_own = False

    @property
    def is_up(self) -> bool:
        """Whether the scheduler is there as far as is known."""
        return bool(self.client.status == "running")

    @staticmethod
    def was_lost(future: Any) -> bool:
        """Whether a future was cancelled because the scheduler went away, be it back already."""
        try:
            future.result(timeout=1)
        except Exception as error:
            return str(getattr(error, "reason", "")).startswith("scheduler-")
        return False

    def addresses(self) -> set[str] | None:
        """Of all workers; None where the scheduler does not say."""
        try:
            return set(self.client.sync(self.client.scheduler.ncores, callback_timeout=FIRST))
        except Exception:  # whatever a connection ends with: `is_up` tells
            return None

    def send(self, what: object, address: str) -> Any:
        """The future of a copy of `what` on the worker at `address`; None where it takes none."""
        client = self.client
        try:
            return client.sync(
                lambda: client.scatter(
                    what, workers=[address], hash=False, direct=False, asynchronous=True
                ),
                callback_timeout=SENDING,
            )
        except (OSError, ValueError, KeyError):  # a worker that is gone, or says nothing
            return None

    def give_up(self) -> None:
        """End with the scheduler, which has a connection and says nothing.

        Raises
        ------
        CrewError
            Always.
        """
        raise CrewError(
            f"expected the scheduler at {self._address} to answer, found it silent for "
            f"{self._patience.silence:.0f} s; nothing is half-written, and the same command goes on"
        )

    def wait(self) -> None:
        """Wait for the scheduler to come back. All that had been given out is lost then.

        Raises
        ------
        CrewError
            It did not in time.
        """
        seconds = self._patience.silence
        self._say(f"lost the scheduler at {self._address}; waiting {seconds:.0f} s for it")
        until = time.monotonic() + seconds
        while not self.is_up:
            left = until - time.monotonic()
            if left <= 0:
                raise CrewError(
                    f"expected the scheduler at {self._address} to come back, found nobody there "
                    f"for {seconds:.0f} s; nothing is half-written, and the same command goes on"
                )
            if self.client.status == "closed":
                try:
                    self.client = connect(self._address, min(left, FIRST))
                    self._is_own = True
                except CrewError:
                    continue
            time.sleep(PAUSE)
        self._say(f"the scheduler at {self._address} is back")

    def close(self) -> None:
        """Let go of a client that was made here."""
        if self._is_own:
            self.client.close()


def _require_address(address: str) -> None:
    """Refuse what Dask's client would, which then fails once more when it is forgotten."""
    from distributed.comm import get_address_host_port
    from distributed.security import Security

    try:
        get_address_host_port(address)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise CrewError(
            f"expected the address of a Dask scheduler, such as tcp://node1:8786, found {address!r}"
            f" ({_first_line(error)})"
        ) from error
    told = Security().get_connection_args("client")
    if address.startswith("tls:") and told.get("ssl_context") is None:
        raise CrewError(
            f"expected Dask's TLS to be set up for {address}, found no certificates in its"
            " configuration (distributed.comm.tls in ~/.config/dask)"
        )


def _address_in(file: Path, seconds: float) -> str:
    """What a scheduler wrote of itself (``--scheduler-file``), which it may be about to do."""
    until = time.monotonic() + seconds
    while not is_there(file) and time.monotonic() < until:
        time.sleep(PAUSE)
    if not is_there(file):
        raise CrewError(
            f"expected the file of a Dask scheduler, found none at {file} within {seconds:.0f} s"
        )
    while (told := _read(file, may_be_half=time.monotonic() < until)) is None:
        time.sleep(PAUSE)
    address = told.get("address")
    if not isinstance(address, str):
        raise CrewError(f"expected the address of a Dask scheduler in {file}, found {address!r}")
    return address


def _read(file: Path, *, may_be_half: bool) -> dict[str, Any] | None:
    """What is in it; None while it may still be written, which Dask does in place."""
    try:
        return read_json(file)
    except FileFormatError:
        if not may_be_half:
            raise
        return None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
