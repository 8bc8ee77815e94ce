"""End: one process of a scenario on a layer of Python: `producer` or `consumer`. See ../ends/contract.ts."""

import asyncio
import json
import sys
import time

from django.conf import settings

settings.configure()
ROLE, ORDERS = sys.argv[1], dict(word.split("=", 1) for word in sys.argv[2:])
TEXT = "x" * 64
NAMES = "bench.names"
# It has no ordinary channels: a name is told by a group.
BY_GROUP = ORDERS["system"] == "channels_rabbitmq"


def say(fact):
    print(json.dumps(fact), flush=True)


def make_layer():
    options = {"capacity": 10_000_000, "expiry": 3600}
    system, address = ORDERS["system"], ORDERS["address"]
    if system == "channels_redis":
        from channels_redis.core import RedisChannelLayer

        return RedisChannelLayer(hosts=[address], **options)
    if system == "channels_redis pubsub":
        from channels_redis.pubsub import RedisPubSubChannelLayer

        return RedisPubSubChannelLayer(hosts=[address])
    if system == "channels_rabbitmq":
        from channels_rabbitmq.core import RabbitmqChannelLayer

        return RabbitmqChannelLayer(
            host=address, expiry=3600, local_capacity=1000, remote_capacity=10_000_000
        )
    from channels_zmq import EmbeddedZmqChannelLayer

    return EmbeddedZmqChannelLayer(pub_socket_address=address, **options)


async def told(word):
    while (await asyncio.to_thread(sys.stdin.readline)).strip() != word:
        pass


async def produce(layer):
    if ORDERS["system"] == "channels_zmq":
        # It binds when it first sends.
        await layer.send("bench.bind", {"type": "bind"})
    names = await layer.new_channel() if BY_GROUP else NAMES
    if BY_GROUP:
        await layer.group_add(NAMES, names)
    say({"ready": True})
    await told("go")
    channel = "bench.jobs"
    if ORDERS["verb"] in ("send", "paced", "awaited"):
        channel = (await layer.receive(names))["text"]
    warmup = int(ORDERS["warmup"])
    for n in range(warmup + int(ORDERS["count"])):
        if n == warmup:
            await told("measure")
        message = {"type": "bench", "text": TEXT}
        if ORDERS["verb"] == "groupSend":
            await layer.group_send("bench", message)
        elif ORDERS["verb"] != "paced" or n < warmup:
            await layer.send(channel, message)
        else:
            await layer.send(channel, {**message, "at": time.monotonic_ns() / 1000})
            await asyncio.sleep(0.001)
    # Its processor time is read when the consumer has everything.
    await told("end")


async def consume(layer):
    verb = ORDERS["verb"]
    channels = int(ORDERS["channels"]) if verb == "groupSend" else 1
    warmup, count = int(ORDERS["warmup"]) * channels, int(ORDERS["count"]) * channels
    seen, started, times = 0, 0.0, []

    async def read(channel):
        nonlocal seen, started
        while seen < warmup + count:
            message = await layer.receive(channel)
            if "at" in message:
                times.append(time.monotonic_ns() / 1000 - message["at"])
            seen += 1
            if seen == warmup:
                started = time.monotonic()
                say({"measuring": True})
            if seen == warmup + count:
                result = {"seconds": time.monotonic() - started, "messages": count}
                if times:
                    times.sort()
                    result["p50"] = times[len(times) // 2]
                    result["p99"] = times[min(len(times) - 1, len(times) * 99 // 100)]
                say({"result": result})

    readers = []
    for _ in range(channels):
        channel = "bench.jobs" if verb == "jobs" else await layer.new_channel()
        if verb == "groupSend":
            await layer.group_add("bench", channel)
        elif verb != "jobs":
            tell = layer.group_send if BY_GROUP else layer.send
            await tell(NAMES, {"type": "name", "text": channel})
        readers.append(asyncio.ensure_future(read(channel)))
    # There is no other way to know that subscriptions are there.
    await asyncio.sleep(0.5)
    say({"ready": True})
    await asyncio.gather(*readers)
    await told("end")


async def main():
    await {"producer": produce, "consumer": consume}[ROLE](make_layer())


asyncio.run(main())
