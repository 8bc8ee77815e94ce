/** ZapDealer: the DEALER that carries the questions of RFC 27 to their handler, for all sockets of a context. */

import type { Message } from '../message.ts';
import type { Pipe } from '../routing/pipe.ts';
import { ZAP_ENDPOINT, Zap, type ZapChannel } from '../security/zap.ts';
import type { PeerConnection } from '../transport/transport.ts';
import type { Context } from './context.ts';
import { SocketCore } from './core.ts';
import { SOCKET_TYPES, SocketType } from './socket-type.ts';

/** The way to the handler of `context`; undefined where no handler is bound. */
export function zapOf(context: Context): Zap | undefined {
  return context.zap(() => new Zap((asker) => new ZapDealer(context, asker)));
}

class ZapDealer extends SocketCore implements ZapChannel {
  readonly #asker: Zap;

  constructor(context: Context, asker: Zap) {
    super(context, SOCKET_TYPES[SocketType.Dealer]!, zapOf);
    this.#asker = asker;
    this.values.linger = 0;
    this.endpoints.connect(ZAP_ENDPOINT);
  }

  trySend(message: Message): boolean {
    return this.outgoing.trySend(message);
  }

  tryReceive(): Message | undefined {
    return this.incoming.tryReceive();
  }

  override readable(): void {
    this.#asker.arrived();
  }

  override disconnected(pipe: Pipe, connection: PeerConnection | undefined): void {
    super.disconnected(pipe, connection);
    this.#asker.left();
  }
}
