/** ws and wss: `ws://host:port/path` by the platform's WebSocket, which connects only (RFC 45). */

import { SocketError } from '../sockets/errors.ts';
import { StreamConnecter } from '../sockets/transport/connecter.ts';
import type { OpenStream } from '../sockets/transport/dial.ts';
import { type Endpoint, invalid } from '../sockets/transport/endpoint.ts';
import type { Opening, Transport } from '../sockets/transport/transport.ts';
import { ZmtpError } from '../zmtp/index.ts';
import { wsMessageFraming } from '../zmtp/ws-messages.ts';
import { pageWsProtocols } from '../zmtp/ws-protocols.ts';
import { cannotListen } from './refused.ts';
import { openWebSocket } from './web-socket.ts';
import { WebSocketStream } from './web-socket-stream.ts';

export const ws: Transport = transportOf('ws');

/** WebSocket over TLS, by the certificates that the platform trusts: `wss://host/path`. */
export const wss: Transport = transportOf('wss');

function transportOf(scheme: 'ws' | 'wss'): Transport {
  return {
    scheme,
    handshakes: true,
    serves: ({ raw }) => !raw,
    parseBind: cannotListen,
    parseConnect,
    listen: ({ text }) => cannotListen(text),
    connect: (opening) => new StreamConnecter({ dial }, opening),
  };
}

/** @throws SocketError `EINVAL` */
function parseConnect(text: string): Endpoint {
  if (!URL.canParse(text)) throw invalid(text, 'no URL, expected ws://host:port/path');
  const { protocol, hash } = new URL(text);
  if (hash !== '') throw invalid(text, `${hash} in the address of a WebSocket`);
  return { transport: protocol.slice(0, -1) };
}

function dial({ host, values, text }: Opening<Endpoint>, signal: AbortSignal): Promise<OpenStream> {
  const protocols = pageWsProtocols(host.mechanismOf(values));
  return new Promise((resolve, reject) => {
    const socket = openWebSocket(text, protocols);
    const stream = new WebSocketStream(socket);
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', abort);
      stream.destroy();
      reject(error);
    };
    const abort = (): void => fail(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    // The platform does not say what went wrong.
    stream.once('close', () => fail(unreachable(text)));
    stream.on('error', () => {});
    socket.onopen = () => {
      signal.removeEventListener('abort', abort);
      stream.removeAllListeners();
      const { protocol } = socket;
      if (protocols.includes(protocol)) {
        const framing = wsMessageFraming(protocol);
        resolve({ stream, inlet: NO_INLET, framing } as unknown as OpenStream);
      } else {
        fail(disagreed(protocol, protocols));
      }
    };
  });
}

/** Octets arrive by the event `data` alone. */
const NO_INLET = { serve() {} };

function unreachable(address: string): SocketError {
  const message = `Connection refused: no WebSocket at ${address}, or not for this page`;
  return new SocketError('ECONNREFUSED', { message, address });
}

function disagreed(protocol: string, expected: readonly string[]): ZmtpError {
  const named = protocol === '' ? 'no sub-protocol' : JSON.stringify(protocol);
  return new ZmtpError(
    'ERR_WS_UPGRADE',
    `peer agrees to ${named}, expected ${expected.join(' or ')}`,
  );
}
