/** Events and counters of a layer. */

/** What a hub's `authorize` is asked about. */
export type HubAction = 'send' | 'receive' | 'groupSend' | 'groupAdd' | 'flush';

/** What `layer.events` and `hub.events` emit, each with one object. */
export interface LayerEvents {
  /** A `send` was refused because the channel is full. */
  full: [{ channel: string }];
  /**
   * The hub's `authorize` did not let process `from` do `action` with `name`; in that process itself `from` is empty. At most one
   * event for a process and action every 5 seconds; `count` tells how many there were since the last.
   */
  denied: [{ from: string; action: HubAction; name: string; count: number }];
  /** A group message was not put into these members, which are full. At a hub: those of the channels that the hub holds. */
  skipped: [{ group: string; channels: readonly string[] }];
  /** `count` messages of this channel (or group) expired unread. */
  expired: [{ channel: string; count: number }];
  /**
   * Something that arrived from process `from` could not be decoded, and was dropped. At most one event for a process every
   * 5 seconds; `count` tells how many there were since the last.
   */
  undecodable: [{ from: string; count: number; error: Error }];
  /**
   * A connection failed in its handshake. Where we listen, a peer was not let in or connected too often. Where we connect, we
   * were not let in: `error` has the `status` that the peer sent, or the code `ECONNRESET` if our key of the server is
   * wrong. At most one event for an address and reason every 5 seconds; `count` tells how many there were since the last.
   */
  refused: [{ address: string; count: number; error: Error & { code?: string; status?: number } }];
  /** `count` messages are gone or may be, at most that many; `why` is a reason for people. */
  lost: [{ count: number; why: string }];
  /**
   * `count` messages had expired before they arrived, the last one `late` milliseconds before, by clocks that the sender and
   * this process should agree on (`channels_zmq` only). Either they were long on their way, or a clock is wrong. At most one
   * event for an address every 5 seconds; `count` tells how many there were since the last.
   */
  skew: [{ address: string; count: number; late: number }];
  /** The hub or the producer answers. `hub` identifies its run; `restarted`: another run answered before. */
  connect: [{ address: string; hub: string; restarted: boolean }];
  /** The connection to the hub or producer broke, and is sought again. */
  disconnect: [{ address: string }];
  /** RabbitmqLayer: the broker is short of memory or disk, and takes no messages until `unblocked`. */
  blocked: [{ reason: string }];
  /** The broker takes messages again. */
  unblocked: [];
  /** A process connected to this hub or producer; `peer` is its key. */
  'peer:join': [{ peer: string }];
  /** A process has left this hub or producer. */
  'peer:leave': [{ peer: string }];
  /** Full channels are skipped: the three with most unread messages, largest first. At most one event every 5 seconds. */
  backpressure: [{ channels: readonly (readonly [channel: string, count: number])[] }];
  /** The layer or hub is closed. */
  close: [];
}

/** Milliseconds between two events about the same thing. */
export const REPORT_INTERVAL = 5000;

/** What a layer has counted since it was constructed; these numbers only grow. */
export interface Counters {
  /** Messages that `send` has resolved for. At a hub: messages accepted for channels. */
  sent: number;
  /** Messages sent to groups. */
  groupSent: number;
  /** Messages that `receive` has resolved with. */
  received: number;
  /** Copies of messages put into channels of this process, or handed to their readers. */
  delivered: number;
  /** Calls of `send` rejected with ChannelFull. */
  full: number;
  /** Calls, and messages to groups, that the hub's `authorize` did not allow. At a hub: of all processes. */
  denied: number;
  /** Copies of group messages that were not put into full channels. */
  skipped: number;
  /** Messages that expired unread in this process. */
  expired: number;
  /** Messages that arrived and could not be decoded. */
  undecodable: number;
  /** Messages that are gone or may be, by a broken connection, a restarted hub or `close`; at most that many. */
  lost: number;
}

/** The counters of a layer, and its present state. */
export interface LayerStats extends Counters {
  /** Channels of this process with unread messages or waiting readers. */
  channels: number;
  /** Unread messages in them, each counted once for every channel that holds it. */
  unread: number;
  /** Calls of `receive` that wait. */
  waiting: number;
  /** Groups with members in this process. */
  groups: number;
  /** Memberships in those groups. */
  memberships: number;
  /** Processes connected to this one, where it is a producer; 0 elsewhere. */
  peers: number;
}
