"""A libzmq peer driven by lines of JSON on stdin, answering on stdout: pyzmq.

The commands are described in ../libzmq-peer.ts. One thread and one poller: a command that has to
wait is a generator which yields what it waits for.
"""

import base64
import collections
import json
import os
import struct
import sys
import threading
import time
import zlib

import zmq
from zmq.utils.monitor import parse_monitor_message

BLOCK = 65_536

OPTIONS = {
    'linger': zmq.LINGER,
    'sendHighWaterMark': zmq.SNDHWM,
    'receiveHighWaterMark': zmq.RCVHWM,
    'sendBufferSize': zmq.SNDBUF,
    'receiveBufferSize': zmq.RCVBUF,
    'routingId': zmq.ROUTING_ID,
    'immediate': zmq.IMMEDIATE,
    'conflate': zmq.CONFLATE,
    'mandatory': zmq.ROUTER_MANDATORY,
    'handover': zmq.ROUTER_HANDOVER,
    'probeRouter': zmq.PROBE_ROUTER,
    'correlate': zmq.REQ_CORRELATE,
    'relaxed': zmq.REQ_RELAXED,
    'heartbeatInterval': zmq.HEARTBEAT_IVL,
    'heartbeatTimeout': zmq.HEARTBEAT_TIMEOUT,
    'heartbeatTimeToLive': zmq.HEARTBEAT_TTL,
    'welcomeMessage': zmq.XPUB_WELCOME_MSG,
    'noDrop': zmq.XPUB_NODROP,
    'manual': zmq.XPUB_MANUAL,
    'invertMatching': zmq.INVERT_MATCHING,
    'reconnectInterval': zmq.RECONNECT_IVL,
    'reconnectMaxInterval': zmq.RECONNECT_IVL_MAX,
    'plainServer': zmq.PLAIN_SERVER,
    'plainUsername': zmq.PLAIN_USERNAME,
    'plainPassword': zmq.PLAIN_PASSWORD,
    'curveServer': zmq.CURVE_SERVER,
    'curvePublicKey': zmq.CURVE_PUBLICKEY,
    'curveSecretKey': zmq.CURVE_SECRETKEY,
    'curveServerKey': zmq.CURVE_SERVERKEY,
    'zapDomain': zmq.ZAP_DOMAIN,
    'handshakeInterval': zmq.HANDSHAKE_IVL,
}

EVENTS = {
    zmq.EVENT_CONNECTED: 'connect',
    zmq.EVENT_CONNECT_DELAYED: 'connect:delay',
    zmq.EVENT_CONNECT_RETRIED: 'connect:retry',
    zmq.EVENT_LISTENING: 'bind',
    zmq.EVENT_ACCEPTED: 'accept',
    zmq.EVENT_CLOSED: 'close',
    zmq.EVENT_DISCONNECTED: 'disconnect',
    zmq.EVENT_HANDSHAKE_SUCCEEDED: 'handshake',
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: 'handshake:error:protocol',
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: 'handshake:error:auth',
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: 'handshake:error:other',
}


# The codes of zeromq.js for what the monitor says of a failed handshake.
PROTOCOL_ERRORS = {
    0x10000001: 'ERR_ZMTP_UNEXPECTED_COMMAND',
    0x10000003: 'ERR_ZMTP_KEY_EXCHANGE',
    0x11000001: 'ERR_ZMTP_CRYPTOGRAPHIC',
    0x11000002: 'ERR_ZMTP_MECHANISM_MISMATCH',
}


class Entry:
    """A socket, the jobs that wait for it, and the events it has seen."""

    def __init__(self, context, kind, options):
        self.socket = context.socket(getattr(zmq, kind))
        configure(self.socket, options)
        self.sending = collections.deque()
        self.receiving = collections.deque()
        self.seen = collections.Counter()
        self.details = {}
        self.watchers = []
        self.beacon = None
        self.monitor = self.socket.get_monitor_socket()


class Peer:
    """Reads commands and runs jobs until stdin ends."""

    def __init__(self):
        self.context = zmq.Context()
        self.entries = {}
        self.proxies = {}
        self.input = b''

    def run(self):
        stdin = sys.stdin.fileno()
        while True:
            self.progress()
            poller = zmq.Poller()
            poller.register(stdin, zmq.POLLIN)
            deadlines = []
            for entry in self.entries.values():
                # libzmq sends the subscriptions of an idle socket only when its thread comes by.
                entry.socket.getsockopt(zmq.EVENTS)
                poller.register(entry.socket.getsockopt(zmq.FD), zmq.POLLIN)
                poller.register(entry.monitor, zmq.POLLIN)
                flags = 0
                for jobs, flag in ((entry.sending, zmq.POLLOUT), (entry.receiving, zmq.POLLIN)):
                    if jobs:
                        flags |= jobs[0].waits_for or flag
                        deadlines.append(jobs[0].deadline)
                if flags:
                    poller.register(entry.socket, flags)
                deadlines.extend(watcher[3] for watcher in entry.watchers)
                if entry.beacon:
                    deadlines.append(entry.beacon['next'])
            deadlines = [deadline for deadline in deadlines if deadline is not None]
            wait = None
            if deadlines:
                wait = max(0, (min(deadlines) - time.monotonic()) * 1000 + 1)
            ready = dict(poller.poll(wait))
            if stdin in ready:
                chunk = os.read(stdin, 1 << 20)
                if not chunk:
                    os._exit(0)
                self.input += chunk
                *lines, self.input = self.input.split(b'\n')
                for line in lines:
                    self.command(json.loads(line))
            for entry in list(self.entries.values()):
                self.observe(entry)

    def command(self, request):
        number = request.pop('n')
        method = getattr(self, 'on_' + request.pop('command'))
        try:
            result = method(number, **request)
        except Exception as error:
            tell_error(number, error)
            return
        if result is not PENDING:
            tell({'n': number, 'result': result or {}})

    def progress(self):
        """Runs every job that can run."""
        for entry in list(self.entries.values()):
            if entry.beacon and time.monotonic() >= entry.beacon['next']:
                entry.beacon['next'] = time.monotonic() + entry.beacon['interval']
                try:
                    entry.socket.send_multipart(entry.beacon['parts'], zmq.NOBLOCK)
                except zmq.Again:
                    pass
            for jobs in (entry.sending, entry.receiving):
                while jobs and jobs[0].step():
                    jobs.popleft()

    def observe(self, entry):
        while entry.monitor.poll(0):
            event = parse_monitor_message(entry.monitor.recv_multipart())
            name = EVENTS.get(event['event'], 'other')
            entry.seen[name] += 1
            entry.details[name] = PROTOCOL_ERRORS.get(event['value'], event['value'])
        for watcher in list(entry.watchers):
            number, event, count, deadline = watcher
            if entry.seen[event] >= count:
                entry.watchers.remove(watcher)
                result = {'count': entry.seen[event], 'detail': entry.details.get(event)}
                tell({'n': number, 'result': result})
            elif time.monotonic() >= deadline:
                entry.watchers.remove(watcher)
                tell_error(number, RuntimeError(f'no {count} × {event}, seen {dict(entry.seen)}'))

    def on_open(self, number, id, type, options=None):
        self.entries[id] = Entry(self.context, type, options or {})

    def on_set(self, number, id, options):
        configure(self.entries[id].socket, options)

    def on_bind(self, number, id, endpoint):
        socket = self.entries[id].socket
        socket.bind(endpoint)
        return {'endpoint': socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b'\0').decode()}

    def on_connect(self, number, id, endpoint, routingId=None):
        socket = self.entries[id].socket
        if routingId is not None:
            socket.setsockopt(zmq.CONNECT_ROUTING_ID, routingId.encode())
        socket.connect(endpoint)

    def on_unbind(self, number, id, endpoint):
        self.entries[id].socket.unbind(endpoint)

    def on_disconnect(self, number, id, endpoint):
        self.entries[id].socket.disconnect(endpoint)

    def on_subscribe(self, number, id, topics=None, generate=None):
        for topic in topics_of(topics, generate):
            self.entries[id].socket.setsockopt(zmq.SUBSCRIBE, topic)

    def on_unsubscribe(self, number, id, topics=None, generate=None):
        for topic in topics_of(topics, generate):
            self.entries[id].socket.setsockopt(zmq.UNSUBSCRIBE, topic)

    def on_send(self, number, id, parts, timeout=None):
        socket = self.entries[id].socket
        message = [decode_part(part) for part in parts]

        def job(job):
            job.arm(timeout)
            while not sent(socket, message):
                yield
                if job.late():
                    raise zmq.Again()

        return self.queue(number, id, 'sending', job)

    def on_sendMany(self, number, id, source, first, count, size, seed, prefix):
        socket = self.entries[id].socket
        head = [decode_part(part) for part in prefix]

        def job(job):
            for at in range(first, first + count):
                message = head + numbered(source, at, size, seed)
                while not sent(socket, message):
                    yield
                if at % 1_000 == 999:
                    yield
            return {'sent': count}

        return self.queue(number, id, 'sending', job)

    def on_fill(self, number, id, source, size, prefix, timeout, most):
        socket = self.entries[id].socket
        head = [decode_part(part) for part in prefix]

        def job(job):
            for at in range(most):
                message = head + numbered(source, at, size, 1)
                job.arm(timeout)
                while not sent(socket, message):
                    yield
                    if job.late():
                        return {'sent': at}
            return {'sent': most}

        return self.queue(number, id, 'sending', job)

    def on_receive(self, number, id, count, timeout):
        socket = self.entries[id].socket

        def job(job):
            messages = []
            while len(messages) < count:
                message = yield from expected(socket, job, timeout)
                if message is None:
                    break
                messages.append([encode_part(part) for part in message])
            return {'messages': messages}

        return self.queue(number, id, 'receiving', job)

    def on_verify(self, number, id, count, timeout, progress, until=None):
        socket = self.entries[id].socket

        def job(job):
            tally = Tally()
            while tally.count < count:
                message = yield from expected(socket, job, timeout)
                if message is None:
                    break
                at = tally.add(message)
                if progress and tally.count % progress == 0:
                    tell({'progress': id, 'number': at})
                if until is not None and at >= until:
                    break
                if tally.count % 1_000 == 0 and tally.count < count:
                    yield
            return tally.summary()

        return self.queue(number, id, 'receiving', job)

    def on_echo(self, number, id, tag=None, limit=None):
        socket = self.entries[id].socket

        def job(job):
            echoed = 0
            while limit is None or echoed < limit:
                message = yield from expected(socket, job, None)
                if tag is not None:
                    message.append(tag.encode())
                while not sent(socket, message):
                    job.waits_for = zmq.POLLOUT
                    yield
                job.waits_for = 0
                echoed += 1

        self.entries[id].receiving.append(Job(None, job))

    def on_beacon(self, number, id, parts, interval):
        self.entries[id].beacon = {
            'parts': [decode_part(part) for part in parts],
            'interval': interval / 1000,
            'next': time.monotonic(),
        }

    def on_stopBeacon(self, number, id):
        self.entries[id].beacon = None

    def on_event(self, number, id, event, count, timeout):
        deadline = time.monotonic() + timeout / 1000
        self.entries[id].watchers.append((number, event, count, deadline))
        return PENDING

    def on_close(self, number, id):
        entry = self.entries.pop(id)
        entry.socket.disable_monitor()
        entry.socket.close()

    def on_proxy(self, number, id, front, back):
        sockets = [self.entries.pop(front), self.entries.pop(back)]
        for entry in sockets:
            entry.socket.disable_monitor()
        control = self.context.socket(zmq.PAIR)
        control.bind(f'inproc://proxy-{id}')
        order = self.context.socket(zmq.PAIR)
        order.connect(f'inproc://proxy-{id}')

        def run():
            zmq.proxy_steerable(sockets[0].socket, sockets[1].socket, None, control)
            for socket in (sockets[0].socket, sockets[1].socket, control):
                socket.close()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.proxies[id] = (order, thread)

    def on_stopProxy(self, number, id):
        order, thread = self.proxies.pop(id)
        order.send(b'TERMINATE')
        thread.join()
        order.close()

    def on_version(self, number):
        return {'libzmq': zmq.zmq_version()}

    def on_exit(self, number):
        os._exit(0)

    def queue(self, number, id, direction, job):
        getattr(self.entries[id], direction).append(Job(number, job))
        return PENDING


class Job:
    """A command that may have to wait: a generator and the time at which it gives up."""

    def __init__(self, number, body):
        self.number = number
        self.deadline = None
        self.waits_for = 0
        self.generator = body(self)

    def arm(self, timeout):
        self.deadline = None if timeout is None else time.monotonic() + timeout / 1000

    def late(self):
        return self.deadline is not None and time.monotonic() >= self.deadline

    def step(self):
        """Runs until the job has to wait; true when it is done."""
        try:
            next(self.generator)
            return False
        except StopIteration as end:
            if self.number is not None:
                tell({'n': self.number, 'result': end.value or {}})
        except Exception as error:
            tell_error(self.number, error)
        return True


class Tally:
    """Counts numbered messages and what is wrong with them."""

    def __init__(self):
        self.count = self.bad = self.duplicates = self.reordered = self.gaps = 0
        self.sources = {}
        self.seen = {}

    def add(self, parts):
        self.count += 1
        label, body, checksum = parts[-3:] if len(parts) >= 3 else (b'', b'', b'')
        if crc(label, body) != checksum:
            self.bad += 1
            return -1
        source, _, number = label.decode().rpartition('/')
        number = int(number)
        known = self.sources.get(source)
        if known is None:
            self.sources[source] = {'first': number, 'last': number, 'count': 1}
            self.seen[source] = {number}
            return number
        known['count'] += 1
        if number in self.seen[source]:
            self.duplicates += 1
        elif number < known['last']:
            self.reordered += 1
        else:
            self.gaps += number - known['last'] - 1
        self.seen[source].add(number)
        known['last'] = max(known['last'], number)
        return number

    def summary(self):
        return {name: value for name, value in vars(self).items() if name != 'seen'}


def sent(socket, message):
    try:
        socket.send_multipart(message, zmq.NOBLOCK)
        return True
    except zmq.Again:
        return False


def expected(socket, job, timeout):
    job.arm(timeout)
    while True:
        try:
            return socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            if job.late():
                return None
        yield


def noise(size, seed=1, number=0):
    twice = block(seed)
    offset = number * 7_919 % BLOCK
    if size <= BLOCK:
        return twice[offset : offset + size]
    body = bytearray((twice[offset : offset + BLOCK] * (size // BLOCK + 1))[:size])
    for index, at in enumerate(range(0, size, BLOCK)):
        # Each block says which it is, so that two of them swapped are noticed.
        if size - at >= 4:
            struct.pack_into('>I', body, at, index)
    return bytes(body)


def numbered(source, number, size, seed):
    label = f'{source}/{number}'.encode()
    body = noise(size, seed, number)
    return [label, body, crc(label, body)]


def crc(label, body):
    return b'%08x' % zlib.crc32(body, zlib.crc32(label))


def block(seed):
    if seed not in BLOCKS:
        state = seed & 0xFFFFFFFF or 1
        words = []
        for _ in range(BLOCK // 4):
            state ^= state << 13 & 0xFFFFFFFF
            state ^= state >> 17
            state ^= state << 5 & 0xFFFFFFFF
            words.append(state)
        BLOCKS[seed] = struct.pack(f'<{len(words)}I', *words) * 2
    return BLOCKS[seed]


def topics_of(topics, generate):
    made = [decode_part(topic) for topic in topics or []]
    if generate:
        made += [f'{generate["prefix"]}{n}'.encode() for n in range(generate['count'])]
    return made


def configure(socket, options):
    for name, value in options.items():
        if isinstance(value, (str, dict)):
            value = decode_part(value)
        else:
            value = int(value)
        socket.setsockopt(OPTIONS[name], value)


def decode_part(part):
    if isinstance(part, str):
        return part.encode()
    if 'base64' in part:
        return base64.b64decode(part['base64'])
    return noise(part['size'], part.get('seed', 1))


def encode_part(part):
    if len(part) <= 1_024:
        return {'base64': base64.b64encode(part).decode()}
    return {'size': len(part), 'crc32': zlib.crc32(part)}


def tell(line):
    sys.stdout.write(json.dumps(line) + '\n')
    sys.stdout.flush()


def tell_error(number, error):
    code = None
    if isinstance(error, zmq.ZMQError):
        code = zmq.Errno(error.errno).name if error.errno in list(zmq.Errno) else str(error.errno)
    tell({'n': number, 'error': {'code': code, 'message': str(error)}})


PENDING = object()
BLOCKS = {}

if __name__ == '__main__':
    Peer().run()
