/** Cores without a network: one that is fed by hand, or two back to back. */

import { Connection, type ConnectionOptions } from '../../../src/zmtp/connection.ts';
import type { Message } from '../../../src/zmtp/frame.ts';
import { nullMechanism } from '../../../src/zmtp/mechanism/null.ts';
import type { SocketType } from '../../../src/zmtp/socket-type.ts';
import { greeting, ready } from '../wire.ts';

export type Given = Partial<ConnectionOptions>;

/** A type that each type talks to. */
export const PARTNER: Readonly<Record<SocketType, SocketType>> = {
  PAIR: 'PAIR',
  PUB: 'SUB',
  SUB: 'PUB',
  REQ: 'REP',
  REP: 'REQ',
  DEALER: 'ROUTER',
  ROUTER: 'DEALER',
  PULL: 'PUSH',
  PUSH: 'PULL',
  XPUB: 'XSUB',
  XSUB: 'XPUB',
  SERVER: 'CLIENT',
  CLIENT: 'SERVER',
  RADIO: 'DISH',
  DISH: 'RADIO',
  GATHER: 'SCATTER',
  SCATTER: 'GATHER',
  PEER: 'PEER',
  CHANNEL: 'CHANNEL',
};

/** A core at the time 0, without limits and heartbeats but those `given`. */
export function core(socketType: SocketType, given: Given = {}): Connection {
  return new Connection(
    {
      socketType,
      routingId: undefined,
      mechanism: nullMechanism,
      maxMessageSize: -1,
      maxMessageParts: 0,
      handshakeInterval: 0,
      heartbeatInterval: 0,
      heartbeatTimeToLive: 0,
      heartbeatTimeout: -1,
      ...given,
    },
    0,
  );
}

/** A core in traffic with a partner that announced 3.`minor`; what it wrote until then is gone. */
export function opened(socketType: SocketType, given: Given = {}, minor = 1): Connection {
  const connection = core(socketType, given);
  connection.arrived(Buffer.concat([greeting(minor), ready(PARTNER[socketType])]), 0);
  connection.next();
  if (connection.state !== 'traffic') throw new Error(`not opened: ${connection.error}`);
  taken(connection);
  return connection;
}

/** Give `octets` to a core, and take all messages that come of it. */
export function feed(connection: Connection, octets: Buffer, now = 0): Message[] {
  connection.arrived(octets, now);
  return drained(connection);
}

/** All messages that a core has, also those behind the end of the handshake. */
export function drained(connection: Connection): Message[] {
  const messages: Message[] = [];
  for (;;) {
    const before = connection.state;
    const message = connection.next();
    if (message !== undefined) messages.push(message);
    else if (connection.state === before) return messages;
  }
}

/** All octets that a core wants written, copied and reported as written. */
export function taken(connection: Connection): Buffer {
  const octets = Buffer.concat(connection.take());
  connection.written();
  return octets;
}

/** Parts as text, one character for each octet. */
export function texts(messages: readonly Message[]): string[][] {
  return messages.map((parts) => parts.map((part) => part.toString('latin1')));
}

/** Two cores and the octets on the way between them. */
export class Joined {
  readonly ends: readonly [Connection, Connection];
  /** Octets on their way to each end. */
  readonly #way: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  /** What each end was given. */
  readonly got: readonly [Message[], Message[]] = [[], []];

  constructor(a: Connection, b: Connection) {
    this.ends = [a, b];
  }

  /** Put what `end` has written on its way, and let at most `size` octets of what goes to it arrive. */
  step(end: 0 | 1, size: number): void {
    const connection = this.ends[end];
    const other = end === 0 ? 1 : 0;
    this.#way[other] = Buffer.concat([this.#way[other], taken(connection)]);
    const arrived = Buffer.from(this.#way[end].subarray(0, size));
    this.#way[end] = this.#way[end].subarray(arrived.length);
    for (const message of feed(connection, arrived)) this.got[end].push(message);
  }

  /** Until nothing is on its way. */
  settle(size = Number.POSITIVE_INFINITY): void {
    do {
      this.step(0, size);
      this.step(1, size);
    } while (
      this.#way[0].length + this.#way[1].length + this.ends[0].pending + this.ends[1].pending >
      0
    );
  }
}
