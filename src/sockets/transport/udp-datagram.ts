/**
 * UdpDatagram: a message as one packet (RFC 48; zmq_udp(7)).
 *
 *     RADIO → DISH   [length of the group: 1 octet] [group] [body]
 *     DGRAM          [body], with an address beside it
 */

import type { Message } from '../message.ts';

/** The packet for `[group] [body]`; undefined beyond 8192 octets, which is all that libzmq reads of a packet. */
export function encodeGrouped(message: Message): Buffer | undefined {
  const [group, body] = message as readonly [Buffer, Buffer];
  const size = 1 + group.length + body.length;
  if (size > GROUPED_MAX) return undefined;
  const packet = Buffer.allocUnsafe(size);
  packet[0] = group.length;
  packet.set(group, 1);
  packet.set(body, 1 + group.length);
  return packet;
}

/** `[group] [body]`; undefined for a packet that is shorter than its first octet says. */
export function decodeGrouped(packet: Buffer): Message | undefined {
  if (packet.length === 0) return undefined;
  const end = 1 + packet[0]!;
  return end > packet.length ? undefined : [packet.subarray(1, end), packet.subarray(end)];
}

/** Octets of a packet, at most. */
const GROUPED_MAX = 8192;
