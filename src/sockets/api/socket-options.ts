/** SocketOptions: what the constructor of a socket class takes, taken from its properties. */

import type { Context } from '../core/context.ts';
import type { OptionValues } from '../options/options.ts';
import type { Authenticate } from '../security/choice.ts';

/** The options of socket class `S` that can be set, each optional, and its context. */
export type SocketOptions<S> = {
  // Over the keys of `S` itself, which brings the documentation of each property along.
  [K in keyof S as K extends keyof OptionValues ? K : never]?: OptionInput<K, S[K]>;
} & {
  /** The context of the socket. Default: `context`. */
  context?: Context;
  /** Judges peers, see `Socket.authenticate`. */
  authenticate?: Authenticate;
  /** Whether the sender of each message is kept, see `Socket.keepPeers`. Default false. */
  keepPeers?: boolean;
};

/** The options of sockets of all types that can be set, each optional. */
export type AnyOptions = { [K in keyof OptionValues]?: OptionInput<K, OptionValues[K]> };

/** What option `K` with values `V` may be set to: octets may be given where text is read, and the other way round. */
export type OptionInput<K, V> = K extends
  | 'routingId'
  | 'welcomeMessage'
  | 'helloMessage'
  | 'disconnectMessage'
  | 'hiccupMessage'
  ? string | Buffer | null
  : V;
