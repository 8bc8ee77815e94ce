/** Notices: messages that options send to a peer when a connection begins, or have received when one begins or ends. */

import type { Message } from '../message.ts';

/** The notices of all connections of one endpoint. */
export interface Notices {
  /** `ZMQ_HELLO_MSG`: the first message sent to the peer of each connection; null = none. */
  readonly hello: Buffer | null;
  /** `ZMQ_DISCONNECT_MSG`: received when a peer that had connected to us has gone; null = none. */
  readonly disconnect: Buffer | null;
  /** `ZMQ_HICCUP_MSG`: received when a connection that we made is lost; null = none. */
  readonly hiccup: Buffer | null;
  /** `ZMQ_ROUTER_NOTIFY`: whether an empty message is received when a connection begins (1), when it ends (2), or both (3). */
  readonly notify: number;
}

/** The part of a pipe that notices need. */
interface Noticed {
  readonly notices: Notices | undefined;
  lead(message: Message): void;
  deliver(message: Message): void;
}

/** Sends the hello message to the peer of `pipe`, which has connected (again). Call before anything else is sent to it. */
export function sayHello(pipe: Noticed): void {
  const hello = pipe.notices?.hello;
  if (hello) pipe.lead([hello]);
}

/** Delivers the notice of a new connection. Call before anything that was received over it is delivered. */
export function noteBeginning(pipe: Noticed): void {
  if (pipe.notices !== undefined && (pipe.notices.notify & CONNECT) !== 0) tell(pipe, EMPTY);
}

/** Delivers the notices of a lost connection, which the peer had made if `accepted`. Call after all that was received over it. */
export function noteEnd(pipe: Noticed, accepted: boolean): void {
  const { notices } = pipe;
  if (notices === undefined) return;
  if ((notices.notify & DISCONNECT) !== 0) tell(pipe, EMPTY);
  const last = accepted ? notices.disconnect : notices.hiccup;
  if (last) tell(pipe, last);
}

/** Delivers the disconnect message for an inproc peer that had connected to us. libzmq has no other notice there. */
export function noteDeparture(pipe: Noticed): void {
  const disconnect = pipe.notices?.disconnect;
  if (disconnect) tell(pipe, disconnect);
}

/** Delivers a copy of `octets`, since the program may write to what it receives. */
function tell(pipe: Noticed, octets: Buffer): void {
  const message: Message = [Buffer.from(octets)];
  pipe.deliver(message);
}

/** `ZMQ_NOTIFY_CONNECT` and `ZMQ_NOTIFY_DISCONNECT`. */
const CONNECT = 1;
const DISCONNECT = 2;
const EMPTY = Buffer.alloc(0);
