/** Carrier: what a kind of layer has to do. Names, codecs, waiting, time-outs and counters are the same for all. */

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
 * Moves encoded messages between processes. A layer makes one with its `CarrierHost`, calls it for what the program asks, and
 * is called by way of the host with what arrives.
 *
 * All names are qualified: the layer's prefix stands before them, as on the wire. All calls have checked arguments. Nothing
 * is called after `close`. Errors of the returned promises reach the program as they are, so they should be LayerErrors.
 */
export interface Carrier {
  /** Constant from the first moment on. */
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
  /** One more `receive` waits at `channel`, where no message is in this process. */
  want?(channel: string): void;
  /** A waiting `receive` at `channel` was cancelled without a message. */
  unwant?(channel: string): void;
  /**
   * The last channel of this process has let go of a letter that was delivered; called once for each letter. A broker is
   * told here that the message is done with. Hot.
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
  /** The last member of `group` in this process is gone, by expiry or by `CarrierHost.clear`: its messages need not come. */
  emptied?(group: string): void;
  /**
   * Forgets all messages and memberships with the prefix of this layer, in all processes. Needed where `extensions` say
   * so. May ignore `options`.
   */
  flush?(options: WaitOptions): Promise<void>;
  /** Resolves when everything asked for so far is in force. May ignore `options`. */
  ready(options: WaitOptions): Promise<void>;
  /** Called every few seconds, to give up what is too old. `now` is the host's. */
  sweep?(now: number): void;
  /** Lets go of everything; what was accepted for sending still goes out within a bounded time. Called once. */
  close(): Promise<void>;
}
