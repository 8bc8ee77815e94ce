/** StreamCarrier: how streams of octets are dialled and accepted, for a transport made of that by stream-transport.ts. */

import type { Socket as Stream } from 'node:net';
import type { AcceptEvents, Acceptor } from './accept.ts';
import type { OpenStream } from './dial.ts';
import type { DiallingNow } from './dial-now.ts';
import type { Endpoint } from './endpoint.ts';
import type { Opening, Transport } from './transport.ts';

export interface StreamCarrier<B extends Endpoint, C extends Endpoint>
  extends Pick<Transport<B, C>, 'scheme' | 'parseBind' | 'parseConnect'> {
  /** Whether peers have IP addresses, by which `maxHandshakesPerSecond` tells them apart. */
  readonly hasAddresses: boolean;
  /** Whether octets may go without a handshake, as those of STREAM do. */
  readonly carriesRaw: boolean;
  /** Opens a connection. Rejects when that fails, and when `signal` aborts; a SocketError means: before anything was opened. */
  dial(opening: Opening<C>, signal: AbortSignal): Promise<OpenStream>;
  /** As `dial`, where the event loop does not turn any more. Carriers that cannot connect without it have none. */
  dialNow?(opening: Opening<C>): DiallingNow;
  /** What listens, not yet listening. Throws what the options make impossible, such as `ENODEV`. */
  accept(opening: Opening<B>, events: AcceptEvents): Accepting;
  /**
   * Makes a connection out of an accepted stream, at once or after negotiating. Rejects, with the stream destroyed, when
   * that fails, and when `signal` aborts: after `handshakeInterval`, or at the end of the endpoint.
   */
  admit(
    accepted: Stream,
    opening: Opening<B>,
    signal: AbortSignal,
  ): OpenStream | Promise<OpenStream>;
}

/** What a listener needs of its acceptor; its doc comments are those of {@link Acceptor}. */
export type Accepting = Pick<
  Acceptor,
  'address' | 'listen' | 'listenSync' | 'close' | 'releasePath'
>;
