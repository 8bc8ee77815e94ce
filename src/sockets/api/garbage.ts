/** Garbage: sockets that the program dropped without closing them. They are closed, as in zeromq.js, and reported. */

import { debuglog } from 'node:util';
import type { SocketCore } from '../core/core.ts';

const log = debuglog('zeromq-pure');

const registry = new FinalizationRegistry<SocketCore>((core) => {
  if (core.closed) return;
  core.abandon(() => log('a %s was dropped without close(): closing it', core.typeName));
});

/** Closes `core` some time after `socket`, its public object, has become garbage; `NODE_DEBUG=zeromq-pure` reports it. */
export function closeWhenDropped(socket: object, core: SocketCore): void {
  registry.register(socket, core, core);
  // The registry would keep it, and its context, for one collection more.
  void core.finished.then(() => registry.unregister(core));
}
