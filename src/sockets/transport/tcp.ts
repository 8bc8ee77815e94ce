/** tcp: `tcp://host:port` (zmq_tcp(7)). */

import { Acceptor } from './accept.ts';
import { readAccepted } from './dial.ts';
import { afterScheme } from './endpoint.ts';
import type { StreamCarrier } from './stream-carrier.ts';
import { streamTransport } from './stream-transport.ts';
import {
  parseTcpBind,
  parseTcpConnect,
  type TcpBindEndpoint,
  type TcpConnectEndpoint,
} from './tcp-address.ts';
import { dialTcp, dialTcpNow, listenOptions, tune } from './tcp-stream.ts';
import type { Transport } from './transport.ts';

const carrier: StreamCarrier<TcpBindEndpoint, TcpConnectEndpoint> = {
  scheme: 'tcp',
  hasAddresses: true,
  carriesRaw: true,
  parseBind: (text) => parseTcpBind(afterScheme(text), text),
  parseConnect: (text) => parseTcpConnect(afterScheme(text), text),
  dial: ({ endpoint, values, text }, signal) => dialTcp(endpoint, values, text, signal),
  dialNow: (opening) => dialTcpNow(opening.endpoint, opening),

  accept({ endpoint, values, text }, events) {
    return new Acceptor(listenOptions(endpoint, values, text), text, events);
  },

  admit(accepted, { values }) {
    const open = readAccepted(accepted);
    tune(open.stream, values);
    return open;
  },
};

export const tcp: Transport<TcpBindEndpoint, TcpConnectEndpoint> = streamTransport(carrier);
