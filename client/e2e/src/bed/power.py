# Power supplies that the kernel does not have, and the real upowerd on top of them. Runs under
# umockdev-wrapper. Each line of stdin is a command, which is said back when it is done:
#   add NAME ATTRIBUTE VALUE ...    set NAME ATTRIBUTE VALUE ...    remove NAME    start    stop

import subprocess
import sys

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import UMockdev

testbed = UMockdev.Testbed.new()
devices = {}
daemon = None


def obey(command, rest):
    global daemon
    # A value of several words is written as one.
    attributes = [word if at % 2 == 0 else word.replace("_", " ") for at, word in enumerate(rest[1:])]
    if command == "add":
        name = rest[0]
        devices[name] = testbed.add_device("power_supply", name, None, attributes, [])
        testbed.uevent(devices[name], "add")
    elif command == "set":
        name = rest[0]
        for attribute, value in zip(attributes[::2], attributes[1::2]):
            testbed.set_attribute(devices[name], attribute, value)
        testbed.uevent(devices[name], "change")
    elif command == "remove":
        device = devices.pop(rest[0])
        testbed.uevent(device, "remove")
        testbed.remove_device(device)
    elif command == "start":
        daemon = subprocess.Popen(["/usr/libexec/upowerd"], stdin=subprocess.DEVNULL)
    elif command == "stop":
        daemon.terminate()
        daemon.wait()


print("ready", flush=True)
for line in sys.stdin:
    words = line.split()
    obey(words[0], words[1:])
    print("done " + line.strip(), flush=True)
