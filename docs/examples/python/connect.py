"""Where the daemon's socket is, and a gRPC channel to it. Needs python3-grpcio only."""

import os

import grpc

SYSTEM_SOCKET = "/run/pwasync/pwasyncd.sock"


def socket_path():
    """The socket as every client looks for it: named, then the session's, then the system's."""
    named = os.environ.get("PWASYNC_SOCKET")
    if named:
        return named
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        session = os.path.join(runtime, "pwasync", "pwasyncd.sock")
        if os.path.exists(session):
            return session
    return SYSTEM_SOCKET


def channel(path):
    """A channel that connects when it is first used, and again by itself when the daemon went.

    A client on gRPC's C core sends the socket's path as the HTTP/2 authority, percent-encoded,
    unless told otherwise. That is no valid authority, and the server ends such a call.
    """
    return grpc.insecure_channel(
        "unix:" + os.path.abspath(path),
        options=[
            ("grpc.default_authority", "localhost"),
            # How long it waits before it connects again: the first time, and at most.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 30_000),
        ],
    )
