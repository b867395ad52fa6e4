"""Gives a Python program of a task the network it would have in a container: loaded before the program.

HEADGATE_TASK_PORTS, "8080=40123,9000=40124", says where on this machine's loopback each port of the task is.
"""

import os
import socket

_LOCAL = {"", "localhost", "127.0.0.1", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1"}
_ports = {
    int(pair.split("=")[0]): int(pair.split("=")[1])
    for pair in os.environ.get("HEADGATE_TASK_PORTS", "").split(",")
    if pair
}


def _moved(sock, address):
    """Where an address of the task really is; itself for all else, and so for other machines."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return address
    if not isinstance(address, tuple) or len(address) < 2:
        return address
    to = _ports.get(address[1])
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    if to is None or host not in _LOCAL:
        return address
    if sock.family == socket.AF_INET:
        return ("127.0.0.1", to)
    # A socket for both kinds of address listens where the load balancer looks; one for IPv6 alone beside it.
    if sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
        return ("::1", to)
    return ("::ffff:127.0.0.1", to)


def _patch(name):
    original = getattr(socket.socket, name)

    def patched(self, address):
        return original(self, _moved(self, address))

    patched.__name__ = name
    setattr(socket.socket, name, patched)


if _ports:
    for _name in ("bind", "connect", "connect_ex"):
        _patch(_name)
