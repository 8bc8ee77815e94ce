/** SocketOptions: the constructor options of a socket class, derived from its properties. */

import type { Context } from '../core/context.ts';
import type { OptionValues } from '../options/options.ts';
import type { Authenticate } from '../security/choice.ts';

/** Constructor options of the socket class `S`: its settable properties, each optional, and the context. */
export type SocketOptions<S> = {
  // Mapped over the keys of `S` itself, so that each option keeps the documentation of its property.
  [K in keyof S as K extends keyof OptionValues ? K : never]?: OptionInput<K, S[K]>;
} & {
  /** The context of the socket. Default: `context`. */
  context?: Context;
  /** Callback that admits or refuses peers, see `Socket.authenticate`. */
  authenticate?: Authenticate;
  /** Whether the sender of each message is recorded, see `Socket.keepPeers`. Default false. */
  keepPeers?: boolean;
};

/** The settable options of all socket types, each optional. */
export type AnyOptions = { [K in keyof OptionValues]?: OptionInput<K, OptionValues[K]> };

/** What option `K`, which reads as `V`, can be set to: routing ids and messages read as text, and can also be set to a Buffer. */
export type OptionInput<K, V> = K extends
  | 'routingId'
  | 'welcomeMessage'
  | 'helloMessage'
  | 'disconnectMessage'
  | 'hiccupMessage'
  ? string | Buffer | null
  : V;
