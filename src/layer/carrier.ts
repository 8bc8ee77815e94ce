/** Carrier: what a kind of layer must do; names, messages and waiting are the same for all. */

import type { Letter } from './local/letter.ts';

/** What a layer can, and how. */
export interface Capabilities {
  /** Names of the extensions of the specification. */
  readonly extensions: readonly ('groups' | 'flush')[];
  /** Who gets a message sent to an ordinary channel. */
  readonly delivery: 'one-reader' | 'every-follower';
  /** Who may send. */
  readonly producers: 'this-process' | 'one-process' | 'many-processes';
  /** Whether messages wait for a reader that comes late. */
  readonly lateReaders: boolean;
  /** Whether `send` learns that a channel in another process is full. */
  readonly confirmed: boolean;
  /** Whether messages can hold bytes, and integers beyond 53 bit. */
  readonly bytes: boolean;
  /** Whether a group and a channel can have the same name. */
  readonly separateNames: boolean;
}

/** How long to wait, for calls that may. */
export interface WaitOptions {
  /** Aborting rejects with the signal's reason. Nothing is taken, nothing is lost. */
  signal?: AbortSignal | undefined;
  /** Seconds; then it rejects with `ERR_TIMEOUT`. Default: for ever. */
  timeout?: number | undefined;
}

/** All names are qualified: the layer's prefix stands before them. */
export interface Carrier {
  readonly capabilities: Capabilities;
  /** Processes that listen to this one. */
  readonly peerCount: number;
  /** Rejects with ChannelFull. */
  send(channel: string, payload: Uint8Array): Promise<void>;
  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void>;
  /** One more `receive` waits at `channel`, where there is no message here. */
  want(channel: string): void;
  /** One less, without having got one. */
  unwant(channel: string): void;
  /** A message that waited here was read. Hot. */
  taken(channel: string, letter: Letter): void;
  /** Resolves when messages to `group`, sent from then on, reach `channel`. */
  join(group: string, channel: string): Promise<void>;
  leave(group: string, channel: string): Promise<void>;
  /** Forget all messages and memberships, everywhere. */
  flush(): Promise<void>;
  ready(options: WaitOptions): Promise<void>;
  /** Now and then. `emptied`: groups whose last member here has expired. */
  sweep(now: number, emptied: readonly string[]): void;
  close(): Promise<void>;
}
