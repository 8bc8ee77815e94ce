/** Notices: messages that the options have a connection say at its beginning, and that are received at its end. */

import type { Message } from '../message.ts';

/** What the connections of one endpoint say and leave by themselves. */
export interface Notices {
  /** `ZMQ_HELLO_MSG`: what each connection says to its peer first. */
  readonly hello: Buffer | null;
  /** `ZMQ_DISCONNECT_MSG`: received when a peer that came to us has gone. */
  readonly disconnect: Buffer | null;
  /** `ZMQ_HICCUP_MSG`: received when a connection that we made is lost. */
  readonly hiccup: Buffer | null;
  /** `ZMQ_ROUTER_NOTIFY`: whether an empty message is received at the beginning of a connection (1), at its end (2), or at both (3). */
  readonly notify: number;
}

/** A pipe, as far as notices go. */
interface Noticed {
  readonly notices: Notices | undefined;
  lead(message: Message): void;
  deliver(message: Message): void;
}

/** The peer of `pipe` is there (again), and nothing has been said to it. */
export function sayHello(pipe: Noticed): void {
  const hello = pipe.notices?.hello;
  if (hello) pipe.lead([hello]);
}

/** A stream to the peer of `pipe` is open. Before anything that comes by it. */
export function noteBeginning(pipe: Noticed): void {
  if (pipe.notices !== undefined && (pipe.notices.notify & CONNECT) !== 0) tell(pipe, EMPTY);
}

/** The stream to the peer of `pipe` is lost; `accepted`: it was the peer that had connected. After all that came by it. */
export function noteEnd(pipe: Noticed, accepted: boolean): void {
  const { notices } = pipe;
  if (notices === undefined) return;
  if ((notices.notify & DISCONNECT) !== 0) tell(pipe, EMPTY);
  const last = accepted ? notices.disconnect : notices.hiccup;
  if (last) tell(pipe, last);
}

/** The peer of `pipe`, which had connected by inproc, has gone. libzmq has no hiccups there, and notifies of nothing. */
export function noteDeparture(pipe: Noticed): void {
  const disconnect = pipe.notices?.disconnect;
  if (disconnect) tell(pipe, disconnect);
}

/** A copy: what is received is the program's. */
function tell(pipe: Noticed, octets: Buffer): void {
  const message: Message = [Buffer.from(octets)];
  pipe.deliver(message);
}

/** `ZMQ_NOTIFY_CONNECT` and `ZMQ_NOTIFY_DISCONNECT`. */
const CONNECT = 1;
const DISCONNECT = 2;
const EMPTY = Buffer.alloc(0);
