/** Pair: PAIR, two sockets that belong to each other (RFC 31). */

import { DuplexSocket } from './directed.ts';
import { defineOptions } from './option-accessors.ts';
import { RECEIVE, SEND } from './option-table.ts';
import type { ReceiveOptions, SendOptions } from './options.ts';
import type { SocketOptions } from './socket-options.ts';
import { SocketType } from './socket-type.ts';

export interface Pair extends SendOptions, ReceiveOptions {}

/**
 * Talks to one other Pair, both ways. A second peer is turned away with the event `peer:refused`, while the first is
 * there. Without a peer, or with a full one, `send` waits.
 */
export class Pair extends DuplexSocket {
  constructor(options?: SocketOptions<Pair>) {
    super(SocketType.Pair, options);
  }
}

defineOptions(Pair.prototype, [...SEND, ...RECEIVE]);
