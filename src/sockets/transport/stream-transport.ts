/** streamTransport: the transport over streams of octets that a StreamCarrier describes, with retries and events. */

import { StreamConnecter } from './connecter.ts';
import type { Endpoint } from './endpoint.ts';
import { StreamListener } from './listener.ts';
import type { StreamCarrier } from './stream-carrier.ts';
import type { Transport } from './transport.ts';

export function streamTransport<B extends Endpoint, C extends Endpoint>(
  carrier: StreamCarrier<B, C>,
): Transport<B, C> {
  return {
    scheme: carrier.scheme,
    handshakes: true,
    serves: ({ raw }) => carrier.carriesRaw || !raw,
    parseBind: (text) => carrier.parseBind(text),
    parseConnect: (text) => carrier.parseConnect(text),
    listen: (opening) => new StreamListener(carrier, opening),
    connect: (opening) => new StreamConnecter(carrier, opening),
  };
}
