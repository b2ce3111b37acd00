#!/usr/bin/env python3
"""A browser in miniature: registers one sync, and is there when it is to run.

    protoc -I proto --python_out=generated --grpc_out=generated \\
        --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" \\
        $(cd proto && find google pwasync -name '*.proto')
    PYTHONPATH=generated python3 docs/examples/python/browser.py --tag outbox

It keeps the rules that a real browser must keep: an outcome is kept until the daemon confirms it,
what runs is named after a reconnect, and an error is read by its code and details.
"""

import argparse
import queue
import sys
import threading
import time

import grpc
from pwasync.v1 import background_sync_pb2, background_sync_pb2_grpc, session_pb2, types_pb2

import connect
import refusals

CAPACITY = 4
# A session that ends at once must not be opened anew in a tight loop.
FIRST_DELAY_S, LAST_DELAY_S = 0.05, 30.0
# The daemon answers a call as soon as the disk has it.
CALL_LIMIT_S = 30.0
# A newer session of this profile took over, and two that come back throw each other out for ever;
# or a mistake of ours, which does not get better by being repeated.
FINAL = (grpc.StatusCode.ABORTED, grpc.StatusCode.INVALID_ARGUMENT)


class Refused(Exception):
    """The daemon does not take the registration, and will not take it if asked again at once."""


class Browser:
    """One profile: its session with the daemon, and the events that run."""

    def __init__(self, channel, profile, scope, tag):
        self.stub = background_sync_pb2_grpc.BackgroundSyncStub(channel)
        self.profile = types_pb2.ProfileId(browser="example", profile=profile)
        self.key = types_pb2.RegistrationKey(
            profile=self.profile, scope=scope, kind=types_pb2.SYNC_KIND_ONE_OFF, tag=tag
        )
        self.registered = False
        self.done = False
        # By attempt id: events that run, and outcomes that the daemon has not confirmed. Both are
        # named in the next `Hello` when a connection ends.
        self.running = {}
        self.unconfirmed = {}
        # What goes to the daemon in the current session. Changes together with the two above.
        self.outgoing = queue.SimpleQueue()
        self.lock = threading.Lock()

    def stay_attached(self):
        """Attaches, and attaches again whenever the daemon went, until the sync has run."""
        delay = FIRST_DELAY_S
        while not self.done:
            try:
                for message in self.attach():
                    delay = FIRST_DELAY_S
                    self.handle(message)
                    if self.done:
                        # Ends our half of the stream; the daemon ends the other.
                        self.outgoing.put(None)
                        return
            except grpc.RpcError as error:
                tell(error)
                if error.code() in FINAL:
                    raise
            time.sleep(delay)
            delay = min(delay * 2, LAST_DELAY_S)

    def attach(self):
        """Opens a session; iterates over what the daemon sends."""
        with self.lock:
            self.outgoing = queue.SimpleQueue()
            hello = session_pb2.Hello(
                profile=self.profile,
                agent="browser.py 1",
                capacity=CAPACITY,
                running=list(self.running),
                finished=list(self.unconfirmed.values()),
            )
            self.outgoing.put(session_pb2.AttachRequest(hello=hello))
            outgoing = iter(self.outgoing.get, None)
        # A daemon that is not there yet is waited for.
        return self.stub.Attach(outgoing, wait_for_ready=True)

    def handle(self, message):
        kind = message.WhichOneof("message")
        if kind == "welcome":
            self.welcome(message.welcome)
        elif kind == "wake":
            self.wake(message.wake)
        elif kind == "cancel":
            self.cancel(message.cancel.attempt_id)
        elif kind == "recorded":
            self.recorded(message.recorded)
        elif kind == "host_state":
            say(f"host: online {message.host_state.online}, settled {message.host_state.settled}")
        elif kind == "closing":
            self.closing(message.closing)
        # Else it is a message of a newer daemon, and to be ignored.

    def welcome(self, welcome):
        say(f"attached: session {welcome.session_id} of pwasyncd {welcome.daemon_version}")
        for attempt in welcome.abandon:
            self.cancel(attempt)
        # A browser that keeps a list of its own calls `Reconcile` here.
        self.outgoing.put(session_pb2.AttachRequest(ready=session_pb2.Ready()))
        if not self.registered:
            self.register()

    def register(self):
        """When this returns the sync is on disk. It needs no session, but the answer leaves
        before the wake, so that it must be handled first: here by waiting for it."""
        request = background_sync_pb2.RegisterRequest(key=self.key)
        try:
            answer = self.stub.Register(request, timeout=CALL_LIMIT_S)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAVAILABLE:
                # It could not be recorded. Repeating is safe: here, in the next session.
                raise
            raise Refused from error
        self.registered = True
        change = background_sync_pb2.RegisterChange.Name(answer.change)
        held = " ".join(types_pb2.BlockerCode.Name(one.code) for one in answer.registration.blockers)
        say(f"registered {answer.registration.id}: {change}, held by {held or 'nothing'}")

    def wake(self, wake):
        say(f"wake {wake.attempt_id}: tag {wake.key.tag}, last chance {wake.last_chance}")
        cancelled = threading.Event()
        with self.lock:
            self.running[wake.attempt_id] = cancelled
        # The session is read on while the event runs.
        threading.Thread(target=self.run, args=(wake, cancelled), daemon=True).start()

    def run(self, wake, cancelled):
        """The event: a browser starts the service worker of `wake.key.scope` here."""
        attempt = wake.attempt_id
        with self.lock:
            started = session_pb2.Started(attempt_id=attempt)
            self.outgoing.put(session_pb2.AttachRequest(started=started))
        # ... and `cancelled` ends it early.
        outcome = types_pb2.OUTCOME_ABORTED if cancelled.is_set() else types_pb2.OUTCOME_COMPLETED
        finished = session_pb2.Finished(attempt_id=attempt, outcome=outcome)
        say(f"finished {attempt}: {types_pb2.Outcome.Name(outcome)}")
        with self.lock:
            del self.running[attempt]
            self.unconfirmed[attempt] = finished
            self.outgoing.put(session_pb2.AttachRequest(finished=finished))

    def cancel(self, attempt):
        with self.lock:
            if attempt in self.running:
                self.running[attempt].set()

    def recorded(self, recorded):
        say(f"recorded {recorded.attempt_id}: counted {recorded.counted}")
        with self.lock:
            self.unconfirmed.pop(recorded.attempt_id, None)
        self.done = True

    def closing(self, closing):
        say(f"closing: {session_pb2.ClosingReason.Name(closing.reason)} {closing.detail}".rstrip())
        time.sleep(closing.reconnect_after.ToTimedelta().total_seconds())


def say(line):
    print(line, flush=True)


def tell(error):
    for line in refusals.sentences(error):
        say(line)


def main():
    parser = argparse.ArgumentParser(description="Registers a sync and runs it when woken.")
    parser.add_argument("--socket", default=connect.socket_path())
    parser.add_argument("--profile", default="Default")
    parser.add_argument("--scope", default="https://mail.example/")
    parser.add_argument("--tag", default="outbox")
    arguments = parser.parse_args()
    with connect.channel(arguments.socket) as channel:
        browser = Browser(channel, arguments.profile, arguments.scope, arguments.tag)
        try:
            browser.stay_attached()
        except Refused as refused:
            # What a page gets to hear for which error is in the protocol's table.
            tell(refused.__cause__)
            return 1
        except grpc.RpcError:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
