/** DatagramPattern: DGRAM, packets of one udp endpoint with the addresses that they come from and go to. */

import { isIP } from 'node:net';
import { SocketError } from '../errors.ts';
import type { Message } from '../message.ts';
import { PairPattern } from './pair.ts';
import type { PatternHost } from './pattern.ts';

/** A PAIR whose only peer is its endpoint. Messages are `[address] [body]`. */
export class DatagramPattern extends PairPattern {
  constructor(host: PatternHost) {
    super(host, 'DGRAM');
  }

  /** Exempts messages from the limit on parts: `accept` refuses other than two parts with an error of its own. */
  get addedParts(): number {
    return Number.NEGATIVE_INFINITY;
  }

  /**
   * @throws SocketError `EINVAL` for what is not an address and a body, `EMSGSIZE` for a body that no packet holds
   */
  override accept(message: Message): boolean {
    const [address, body] = message;
    if (address === undefined || body === undefined || message.length !== 2) {
      throw invalid(`a message of ${message.length} parts, expected an address and a body`);
    }
    if (parseDatagramAddress(address) === undefined) {
      throw invalid(
        `${JSON.stringify(String(address).slice(0, 64))} is no address, expected ip:port`,
      );
    }
    if (body.length > BODY_MAX) {
      const size = `${body.length} octets, at most ${BODY_MAX} fit into a datagram`;
      throw new SocketError('EMSGSIZE', { message: `Message too long: ${size}` });
    }
    return super.accept(message);
  }
}

/** The address of a packet: `ip:port` and a NUL, as libzmq writes it; an IPv6 address is in brackets. */
export function datagramAddress(host: string, port: number): Buffer {
  return Buffer.from(`${isIP(host) === 6 ? `[${host}]` : host}:${port}\0`);
}

/** Host and port of an address, with or without the NUL at its end; undefined for what is not an address. */
export function parseDatagramAddress(part: Buffer): { host: string; port: number } | undefined {
  if (part.length > ADDRESS_MAX) return undefined;
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^[\]:]+)):(\d{1,5})\0?$/.exec(String(part)) ?? [];
  const [host, number] = [v6 ?? v4 ?? '', Number(port)];
  if (isIP(host) !== (v6 === undefined ? 4 : 6) || !(number >= 1 && number <= 65_535)) {
    return undefined;
  }
  return { host, port: number };
}

function invalid(what: string): SocketError {
  return new SocketError('EINVAL', { message: `Invalid argument: ${what}` });
}

/** Octets: 65 535 less the headers of IPv4 and UDP. */
const BODY_MAX = 65_507;
/** Octets: longer than any address with a zone. */
const ADDRESS_MAX = 128;
