/**
 * ws and wss: `ws://host:port/path`, frames of WebSocket over tcp (RFC 45). The code for WebSocket is loaded with the first
 * connection.
 */

import { Acceptor } from './accept.ts';
import { readAccepted } from './dial.ts';
import { afterScheme } from './endpoint.ts';
import type { StreamCarrier } from './stream-carrier.ts';
import { streamTransport } from './stream-transport.ts';
import { dialTcp, listenOptions, tune } from './tcp-stream.ts';
import { clientContext, secureClient, secureServer, serverContext } from './tls-stream.ts';
import type { Transport } from './transport.ts';
import {
  parseWsBind,
  parseWsConnect,
  type WsBindEndpoint,
  type WsConnectEndpoint,
} from './ws-address.ts';
import { askForWebSocket, dialWebSocketNow, offerWebSocket } from './ws-stream.ts';

export const ws: Transport<WsBindEndpoint, WsConnectEndpoint> = streamTransport(carrierOf('ws'));

const overTls = streamTransport(carrierOf('wss'));

/** As ws, over TLS: `wss://host:port/path`. */
export const wss: Transport<WsBindEndpoint, WsConnectEndpoint> = {
  ...overTls,
  connect(opening) {
    // Unusable options for TLS throw here, rather than fail each attempt.
    clientContext(opening.values);
    return overTls.connect(opening);
  },
};

function carrierOf(scheme: 'ws' | 'wss'): StreamCarrier<WsBindEndpoint, WsConnectEndpoint> {
  return {
    scheme,
    hasAddresses: true,
    carriesRaw: false,
    parseBind: parseWsBind,
    parseConnect: parseWsConnect,

    async dial(opening, signal) {
      const { values, text } = opening;
      const { tcp } = opening.endpoint;
      const plain = await dialTcp(tcp, values, text, signal);
      const open = scheme === 'wss' ? await secureClient(plain, tcp.host, values, signal) : plain;
      return askForWebSocket(open, opening, signal);
    },

    // TLS needs the event loop.
    ...(scheme === 'ws' && { dialNow: (opening) => dialWebSocketNow(opening) }),

    accept({ endpoint, values, text }, events) {
      if (scheme === 'wss') serverContext(values);
      return new WsAcceptor(endpoint, listenOptions(endpoint.tcp, values, text), text, events);
    },

    async admit(accepted, opening, signal) {
      const { values } = opening;
      tune(accepted, values);
      // An error before the negotiation listens must not end the process.
      accepted.on('error', () => {});
      const open =
        scheme === 'wss' ? await secureServer(accepted, values, signal) : readAccepted(accepted);
      return offerWebSocket(open, opening, signal);
    },
  };
}

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
