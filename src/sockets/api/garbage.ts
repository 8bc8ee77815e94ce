/** Garbage: closes sockets that were garbage-collected without `close()`, as zeromq.js does, and logs it. */

import { debuglog } from 'node:util';
import type { SocketCore } from '../core/core.ts';

const log = debuglog('zeromq-pure');

const registry = new FinalizationRegistry<SocketCore>((core) => {
  if (core.closed) return;
  core.abandon(() => log('a %s was dropped without close(): closing it', core.typeName));
});

/** Closes `core` some time after `socket`, its public object, was garbage-collected; `NODE_DEBUG=zeromq-pure` logs it. */
export function closeWhenDropped(socket: object, core: SocketCore): void {
  registry.register(socket, core, core);
  // Otherwise the registry keeps the core and its context alive until the next garbage collection.
  void core.finished.then(() => registry.unregister(core));
}
