"""A process that speaks as the package channels_zmq does, over pyzmq: one command a line, one answer a line."""

import json
import sys
import time

import zmq

context = zmq.Context()
sockets = {}
for line in sys.stdin:
    command = json.loads(line)
    do = command["do"]
    if do in ("PUB", "PUSH", "PULL", "SUB"):
        socket = context.socket(getattr(zmq, do))
        socket.linger = 0
        socket.rcvtimeo = 10000
        getattr(socket, command["how"])(command["address"])
        for topic in command.get("topics", []):
            socket.subscribe(topic + "\n")
        sockets[do] = socket
        answer = None
    elif do == "send":
        topic = command["topic"]
        expiry = time.time() + command.get("expiry", 60)
        sockets[command["by"]].send(
            (topic + "\n" + str(expiry) + "\n" + json.dumps(command["message"])).encode()
        )
        answer = None
    elif do == "receive":
        topic, expiry, message = sockets["SUB"].recv().decode().split("\n", 2)
        answer = [topic, float(expiry) > time.time(), json.loads(message)]
    elif do == "serve":
        for _ in range(command["count"]):
            sockets["PUB"].send(sockets["PULL"].recv())
        answer = None
    print(json.dumps(answer), flush=True)
