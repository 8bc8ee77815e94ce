/** Stand-ins: what stands in the files for browsers in place of what only Node has. One more is one line here. */

/** What stands in for what: files of `dist` and modules of Node, by files of `dist/browser`. */
export const STAND_INS: Readonly<Record<string, string>> = {
  'layer/channels-zmq/dedicated.js': 'layer-absent',
  'layer/channels-zmq/format.js': 'layer-absent',
  'node:crypto': 'layer-crypto',
  'node:events': 'event-emitter',
  'node:net': 'node',
  'node:os': 'node',
  'node:timers': 'timers',
  'node:timers/promises': 'layer-turn',
  'node:util': 'node',
  'sockets/api/numbered-options.js': 'absent',
  'sockets/core/endpoint-security.js': 'endpoint-security',
  'sockets/core/exit-flush.js': 'absent',
  'sockets/core/sending-hold.js': 'threads',
  'sockets/core/thread-values.js': 'threads',
  'sockets/core/zap-dealer.js': 'absent',
  'sockets/options/accept-filter.js': 'absent',
  'sockets/options/unknown-option.js': 'absent',
  'sockets/pattern/datagram.js': 'absent',
  'sockets/pattern/stream.js': 'absent',
  'sockets/security/authenticator.js': 'layer-absent',
  'sockets/security/certificate.js': 'layer-absent',
  'sockets/transport/busy-poll.js': 'absent',
  'sockets/transport/ends.js': 'ends',
  'sockets/transport/ipc.js': 'refused',
  'sockets/transport/outflow.js': 'outflow',
  'sockets/transport/protocol.js': 'absent',
  'sockets/transport/tcp.js': 'refused',
  'sockets/transport/thread-names.js': 'threads',
  'sockets/transport/thread-side.js': 'threads',
  'sockets/transport/udp.js': 'refused',
  'sockets/transport/ws.js': 'ws',
  'zmtp/framing.js': 'framing',
  'zmtp/mechanism/z85.js': 'absent',
  'zmtp/sealed.js': 'absent',
  'zmtp/staged-greeting.js': 'framing',
  'zmtp/zmtp1-decoder.js': 'framing',
  'zmtp/zmtp1-encoder.js': 'framing',
};

/** Names of Node that are global, and the files of `browser` that export them. */
export const GLOBALS: Readonly<Record<string, string>> = {
  Buffer: 'buffer',
  process: 'process',
  SharedArrayBuffer: 'node',
};
