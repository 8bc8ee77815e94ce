/** RoutedSocket: a socket that addresses its peers by routing id, SERVER or PEER. */

import { type Part, ReceivingSocket } from '../api/sending-receiving.ts';
import type { SocketTypeSpec } from '../core/socket-type.ts';
import type { CallOptions } from '../core/waiter.ts';
import { type MessageLike, toMessage } from '../message.ts';
import type {
  DisconnectOptions,
  HelloOptions,
  ReceiveOptions,
  SendOptions,
} from '../options/options.ts';
import { checkOnePart } from '../pattern/one-part.ts';

/** Which peer a message is from, or for. */
export interface ServerRoutingOptions {
  /** A whole number from 1 to 2³² − 1 that this socket gives to the peer; a peer that connects to it again gets another. */
  routingId: number;
}

export interface RoutedSocket
  extends SendOptions,
    ReceiveOptions,
    HelloOptions,
    DisconnectOptions {}

/**
 * A message is received with the `routingId` of its peer, by which it can be answered. Messages have one part. A routing id that
 * no peer has is refused with `EHOSTUNREACH`; `send` waits while the queue of that peer is full.
 */
export class RoutedSocket extends ReceivingSocket<[Part, ServerRoutingOptions]> {
  /** @internal */
  protected constructor(type: SocketTypeSpec, options?: object) {
    super(type, options);
  }

  /** Send one part to the peer `routingId`. Rejects as `Sender.send` does, and with `EHOSTUNREACH`. */
  send(message: MessageLike, options: ServerRoutingOptions & CallOptions): Promise<void> {
    return this.open().outgoing.send(addressed(message, options), options);
  }

  /** Send one part to the peer `routingId` if that is possible now: false otherwise. Throws `EHOSTUNREACH`. */
  trySend(message: MessageLike, options: ServerRoutingOptions): boolean {
    return this.open().outgoing.trySend(addressed(message, options));
  }

  /** Resolves when some peer can take a message. `timeout` is in milliseconds; default: none. */
  whenWritable(options?: CallOptions): Promise<void> {
    return this.open().outgoing.writable(options);
  }

  override receive(options?: CallOptions): Promise<[Part, ServerRoutingOptions]> {
    return this.open().incoming.receive(options).then(routed);
  }

  override tryReceive(): [Part, ServerRoutingOptions] | undefined {
    const message = this.open().incoming.tryReceive();
    return message && routed(message);
  }

  override receiveMany(options?: CallOptions): Promise<[Part, ServerRoutingOptions][]> {
    return this.open()
      .incoming.receiveMany(options)
      .then((all) => all.map(routed));
  }
}

/** Body and routing id, as the pattern expects them. */
function addressed(message: MessageLike, options: ServerRoutingOptions): readonly Buffer[] {
  const parts = toMessage(message);
  checkOnePart(parts);
  const routingId = options?.routingId;
  if (!Number.isInteger(routingId) || routingId < 1 || routingId > 0xffff_ffff) {
    throw new TypeError(`routingId ${routingId}, expected a whole number from 1 to 4294967295`);
  }
  const id = Buffer.allocUnsafe(4);
  id.writeUInt32BE(routingId);
  return [parts[0]!, id];
}

function routed([body, id]: readonly Buffer[]): [Part, ServerRoutingOptions] {
  return [body!, { routingId: id!.readUInt32BE() }];
}
