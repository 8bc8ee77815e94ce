/** ws: `ws://host:port/path`, frames of WebSocket over tcp (RFC 45). What speaks WebSocket is loaded with the first connection. */

import { Acceptor } from './accept.ts';
import { readAccepted } from './dial.ts';
import { afterScheme } from './endpoint.ts';
import type { StreamCarrier } from './stream-carrier.ts';
import { streamTransport } from './stream-transport.ts';
import { addressed, dialTcp, keepAlive, listenOptions } from './tcp-stream.ts';
import type { Transport } from './transport.ts';
import {
  parseWsBind,
  parseWsConnect,
  type WsBindEndpoint,
  type WsConnectEndpoint,
} from './ws-address.ts';

const carrier: StreamCarrier<WsBindEndpoint, WsConnectEndpoint> = {
  scheme: 'ws',
  hasAddresses: true,
  carriesRaw: false,
  parseBind: parseWsBind,
  parseConnect: parseWsConnect,

  async dial(opening, signal) {
    const { endpoint, values, text } = opening;
    const { askForWebSocket } = await import('./ws-stream.ts');
    const open = await dialTcp(endpoint.tcp, values, text, signal);
    return askForWebSocket(open, opening, signal);
  },

  accept({ endpoint, values, text }, events) {
    return new WsAcceptor(endpoint, listenOptions(endpoint.tcp, values, text), text, events);
  },

  async admit(accepted, opening, signal) {
    const address = addressed(accepted, 'ws');
    // An error before the negotiation listens must not end the process.
    accepted.on('error', () => {});
    const { offerWebSocket } = await import('./ws-stream.ts');
    // Not before: it is read from then on.
    const open = readAccepted(accepted);
    keepAlive(open.stream, opening.values);
    return offerWebSocket({ ...open, ...address }, opening, signal);
  },
};

export const ws: Transport<WsBindEndpoint, WsConnectEndpoint> = streamTransport(carrier);

/** Shows scheme and path in its address, as libzmq does. */
class WsAcceptor extends Acceptor {
  readonly #endpoint: WsBindEndpoint;

  constructor(endpoint: WsBindEndpoint, ...others: ConstructorParameters<typeof Acceptor>) {
    super(...others);
    this.#endpoint = endpoint;
  }

  override get address(): string {
    const { transport, path } = this.#endpoint;
    return `${transport}://${afterScheme(super.address)}${path}`;
  }
}
