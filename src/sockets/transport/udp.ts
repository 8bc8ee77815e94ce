/** udp: `udp://host:port`, one packet for each message (zmq_udp(7), RFC 48). For DISH and DGRAM to bind, for RADIO to connect. */

import type { Transport } from './transport.ts';
import { parseUdp, type UdpEndpoint } from './udp-address.ts';
import { UdpConnecter, UdpListener } from './udp-port.ts';

export const udp: Transport<UdpEndpoint, UdpEndpoint> = {
  scheme: 'udp',
  handshakes: false,
  exposed: true,
  serves: ({ typeName }, kind) => (typeName === 'RADIO') === (kind === 'connect'),
  parseBind: (text) => parseUdp(text, 'bind'),
  parseConnect: (text) => parseUdp(text, 'connect'),
  listen: (opening) => new UdpListener(opening),
  connect: (opening) => new UdpConnecter(opening),
};
