/** Carrier: what each kind of layer implements. Names, codecs, waiting, time-outs and counters are the same for all. */

import type { Letter, Settlement } from '../local/letter.ts';
import type { Capabilities } from './capabilities.ts';

/** How long a call may wait. */
export interface WaitOptions {
  /** Aborting it rejects with its reason; nothing is taken, nothing is lost. Default none. */
  signal?: AbortSignal | undefined;
  /**
   * Milliseconds to wait before rejecting with `ERR_TIMEOUT`; 0 = do not wait, Infinity = for ever. Default: stated by the
   * call.
   */
  timeout?: number | undefined;
}

/**
 * Moves encoded messages between processes. A layer creates its carrier with a `CarrierHost`, calls it for what the program
 * asks, and gets what arrives through calls of the host.
 *
 * All names are qualified: the layer's prefix stands before them, as on the wire. All calls have checked arguments. Nothing
 * is called after `close`. Errors of the returned promises reach the program as they are, so they should be LayerErrors.
 */
export interface Carrier {
  /** What the layer supports; constant from construction on. */
  readonly capabilities: Capabilities;
  /** Processes connected to this one, for `stats().peers`; 0 where that cannot be known. */
  readonly peerCount: number;
  /**
   * Sends to one reader of `channel`, with `expiry` of the settings to live. Resolves when it is accepted; rejects with
   * ChannelFull, or with `ERR_UNCONFIRMED` when its fate is unknown.
   */
  send(channel: string, payload: Uint8Array): Promise<void>;
  /** Sends to all members of `group` except those named. Never rejects with ChannelFull. */
  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void>;
  /** One more `receive` waits at `channel`, which has no message in this process. */
  want?(channel: string): void;
  /** A waiting `receive` at `channel` was cancelled without a message. */
  unwant?(channel: string): void;
  /**
   * The last channel of this process no longer holds a letter that was delivered; called once for each letter. This is where
   * a message of a broker is acknowledged. Hot.
   */
  settled?(letter: Letter, how: Settlement): void;
  /** Numbers of unread messages have changed: `CarrierHost.takeLevels` returns them. Called again only after that. Hot. */
  levelsChanged?(): void;
  /**
   * Makes `channel` a member of `group` or renews that, by `CarrierHost.addMember` where this process delivers to it. Resolves
   * when messages sent to the group from then on reach the channel. May ignore `options`: the layer stops waiting by itself.
   */
  join(group: string, channel: string, options: WaitOptions): Promise<void>;
  /** Ends the membership, if there is one, by `CarrierHost.removeMember`. Resolves as `join` does. */
  leave(group: string, channel: string, options: WaitOptions): Promise<void>;
  /** The last member of `group` in this process is gone, by expiry or by `CarrierHost.clear`: unsubscribe. */
  emptied?(group: string): void;
  /**
   * Forgets all messages and memberships with the prefix of this layer, in all processes. Needed if `extensions` include
   * `flush`. May ignore `options`.
   */
  flush?(options: WaitOptions): Promise<void>;
  /** Resolves when everything asked for so far is in force. May ignore `options`. */
  ready(options: WaitOptions): Promise<void>;
  /** Called periodically, at least every 10 seconds, to give up what is too old. `now` is that of the host. */
  sweep?(now: number): void;
  /** Closes all connections; messages accepted before are still sent, within a bounded time. Called once. */
  close(): Promise<void>;
}
