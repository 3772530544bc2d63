"""Debian's Firefox, driven through its own Marionette: Playwright cannot, no driver is packaged.

The protocol is JSON behind its length: ``23:[0,1,"WebDriver:Navigate",{...}]``.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

PATIENCE = 30  # seconds; a first start of a new profile is slow

PREFERENCES = {
    "marionette.port": 0,  # a free one, told in a file of the profile
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.disable_beforeunload": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class Firefox:
    """A headless Firefox with a profile of its own; a context manager."""

    def __init__(self, program: str, profile: Path) -> None:
        profile.mkdir(parents=True)
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines))
        words = [program, "--headless", "--no-remote", "--marionette", "--profile", str(profile)]
        self._process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._number = 0
        self._rest = b""
        self._socket = self._connected(profile / "MarionetteActivePort")
        self._read()  # who it is
        self._call("WebDriver:NewSession")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait()

    def open(self, address: str) -> None:
        """Go to a page."""
        self._call("WebDriver:Navigate", url=address)

    def tell(self, expression: str) -> Any:
        """The value of an expression on the page."""
        script = f"return ({expression})"
        return self._call("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def press(self, *keys: str) -> None:
        """Keys one after the other, as from the keyboard."""
        each = [{"type": way, "value": key} for key in keys for way in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": each}]
        self._call("WebDriver:PerformActions", actions=actions)

    def hold(self, held: str, key: str) -> None:
        """A key while another one is held."""
        each = [("keyDown", held), ("keyDown", key), ("keyUp", key), ("keyUp", held)]
        actions = [{"type": way, "value": value} for way, value in each]
        self._call(
            "WebDriver:PerformActions",
            actions=[{"type": "key", "id": "keyboard", "actions": actions}],
        )

    def until(self, expression: str) -> None:
        """Wait until an expression holds."""
        end = time.monotonic() + PATIENCE
        while not self.tell(f"Boolean({expression})"):
            assert time.monotonic() < end, f"{expression} does not hold"
            time.sleep(0.05)

    def _connected(self, told: Path) -> socket.socket:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", int(told.read_text())), PATIENCE)
            except (FileNotFoundError, ValueError, ConnectionError):
                assert time.monotonic() < end, "expected Firefox to listen, found that it does not"
                assert self._process.poll() is None, "expected Firefox, found that it has ended"
                time.sleep(0.1)

    def _call(self, name: str, **parameters: Any) -> Any:
        self._number += 1
        text = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _, number, error, value = self._read()
        assert number == self._number
        assert error is None, error
        return value

    def _read(self) -> Any:
        while b":" not in self._rest:
            self._rest += self._socket.recv(65536)
        length, _, text = self._rest.partition(b":")
        while len(text) < int(length):
            text += self._socket.recv(65536)
        self._rest = text[int(length) :]
        return json.loads(text[: int(length)])
