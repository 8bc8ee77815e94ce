/** Refused: transports that a page does not have; their errors name those that it has. */

import { SocketError } from '../sockets/errors.ts';
import type { Transport } from '../sockets/transport/transport.ts';

export const tcp: Transport = refused('tcp');
export const ipc: Transport = refused('ipc');
export const udp: Transport = refused('udp');

/** @throws SocketError `ENOTSUP`, always */
export function cannotListen(address: string): never {
  throw new SocketError('ENOTSUP', {
    message: `Operation not supported: a page cannot listen at ${address}, only connect to ws:// and wss://, or bind inproc://`,
    address,
  });
}

function refused(scheme: string): Transport {
  const refuse = (address: string): never => {
    throw new SocketError('ENOTSUP', {
      message: `Operation not supported: no ${scheme}:// in a browser, expected ws://, wss:// or inproc://`,
      address,
    });
  };
  return {
    scheme,
    handshakes: false,
    serves: () => true,
    parseBind: refuse,
    parseConnect: refuse,
    listen: ({ text }) => refuse(text),
    connect: ({ text }) => refuse(text),
  };
}
