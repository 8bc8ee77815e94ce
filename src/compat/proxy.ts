/** proxy: version 5's forwarding between two sockets, as listeners of their messages. */

import { bridgeOf, type Socket } from './socket.ts';

/**
 * Forwards what `front` receives to `back`, and the other way round, for as long as they are open. `capture` gets a copy of what
 * goes from `back` to `front`, without its envelope, and of what a pull in front receives. While messages wait to be sent at one
 * side, the other is not read.
 * @throws Error for other types than push and pull (in either order), xpub and xsub, router and dealer
 */
export function proxy(front: Socket, back: Socket, capture?: Socket): void {
  const way = WAYS.get(`${front.type}/${back.type}`);
  if (way === undefined) throw new Error('wrong socket order to proxy');
  if (way !== 'to front') forward(front, back, way === 'to back' ? capture : undefined);
  if (way !== 'to back') forward(back, front, capture);
}

function forward(from: Socket, to: Socket, capture: Socket | undefined): void {
  const [source, target] = [bridgeOf(from), bridgeOf(to)];
  from.on('message', (...message: Buffer[]) => {
    if (target.closed) return;
    to.send(message);
    if (target.outgoingCount > 0) source.hold(target.room());
    if (capture !== undefined && !bridgeOf(capture).closed) capture.send(withoutEnvelope(message));
  });
}

/** The parts behind the first empty one; all parts, if there is none or it is the last. */
function withoutEnvelope(message: readonly Buffer[]): readonly Buffer[] {
  const body = message.slice(message.findIndex((part) => part.length === 0) + 1);
  return body.length === 0 ? message : body;
}

const WAYS: ReadonlyMap<string, 'both' | 'to front' | 'to back'> = new Map([
  ['push/pull', 'to front'],
  ['pull/push', 'to back'],
  ['xpub/xsub', 'both'],
  ['router/dealer', 'both'],
  ['xrep/xreq', 'both'],
  ['router/xreq', 'both'],
  ['xrep/dealer', 'both'],
]);
