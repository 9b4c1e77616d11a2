"""Runs shell commands for the host in the rehearsal machine: JSON lines over a virtio serial port.

Host to guest: {"run": "command"}. Guest to host: {"out": "text"} for each piece of output, then
{"exit": status}. {"end": true} ends it; where it runs in place of the wizard, the machine is switched off.
"""

import json
import os
import subprocess
import sys
from typing import BinaryIO


def serve(port: BinaryIO) -> None:
    """Answer one request after the other until the host closes its side, or says that it was the last."""
    for line in port:
        request = json.loads(line)
        if request.get("end"):
            return
        child = subprocess.Popen(
            ["/bin/sh", "-c", request["run"]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert child.stdout is not None
        while piece := os.read(child.stdout.fileno(), 65536):
            send(port, {"out": piece.decode("utf-8", "replace")})
        send(port, {"exit": child.wait()})


def send(port: BinaryIO, message: dict[str, object]) -> None:
    """Write one JSON line whole: the port takes at most a few pages at a time."""
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[port.write(data) :]


if __name__ == "__main__":
    with open(sys.argv[1], "r+b", buffering=0) as raw:
        send(raw, {"ready": True})
        serve(raw)
