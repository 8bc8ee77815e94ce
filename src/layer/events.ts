/** Events and counters of a layer. */

/** The actions for which a hub asks `authorize`. */
export type HubAction = 'send' | 'receive' | 'groupSend' | 'groupAdd' | 'flush';

/** What `layer.events` and `hub.events` emit, each with one object. */
export interface LayerEvents {
  /** A `send` was refused because the channel is full. */
  full: [{ channel: string }];
  /**
   * The hub's `authorize` did not allow process `from` to do `action` with `name`; in that process `from` is empty. At most one
   * event per process and action every 5 seconds; `count` is the number of denials since the last one.
   */
  denied: [{ from: string; action: HubAction; name: string; count: number }];
  /** A group message was not put into these members, which are full. A hub reports only channels whose messages it holds. */
  skipped: [{ group: string; channels: readonly string[] }];
  /** `count` messages of this channel (or group) expired unread. */
  expired: [{ channel: string; count: number }];
  /**
   * A message or record of process `from` could not be decoded, and was dropped. At most one event per process every
   * 5 seconds; `count` is the number of them since the last event.
   */
  undecodable: [{ from: string; count: number; error: Error }];
  /**
   * A handshake failed. Where this process listens, a peer was not let in or connected too often. Where it connects, it was
   * not let in: `error` has the `status` that the peer sent, or the code `ECONNRESET` if the key of the server is wrong here.
   * At most one event per address and reason every 5 seconds; `count` is the number of failures since the last one.
   */
  refused: [{ address: string; count: number; error: Error & { code?: string; status?: number } }];
  /** At most `count` messages may be lost; `why` is a reason for people to read. */
  lost: [{ count: number; why: string }];
  /**
   * `count` messages had expired when they arrived, the last one `late` milliseconds earlier, by the times of day of sender and
   * receiver (`channels_zmq`, and RabbitmqLayer, whose `address` is the sender's key). Either they were long on their way, or a
   * clock is wrong. At most one event per address every 5 seconds; `count` is the number of messages since the last one.
   */
  skew: [{ address: string; count: number; late: number }];
  /** The hub, producer or broker answers. `hub` identifies its run; `restarted`: another run answered before. */
  connect: [{ address: string; hub: string; restarted: boolean }];
  /** The connection to the hub, producer or broker is lost; the layer connects again. */
  disconnect: [{ address: string }];
  /** RabbitmqLayer: the broker is short of memory or disk, and accepts no messages until `unblocked`. */
  blocked: [{ reason: string }];
  /** RabbitmqLayer: the broker accepts messages again. */
  unblocked: [];
  /** A process connected to this hub or producer; `peer` is its key. */
  'peer:join': [{ peer: string }];
  /** Process `peer` is no longer connected to this hub or producer. */
  'peer:leave': [{ peer: string }];
  /** Channels are full: `channels` are the three with most unread messages, largest first. At most one event every 5 seconds. */
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
  /** Calls, and messages to groups, that the hub's `authorize` did not allow. At a hub: those of all processes. */
  denied: number;
  /** Copies of group messages that were not put into full channels. */
  skipped: number;
  /** Messages that expired unread in this process. */
  expired: number;
  /** Messages that arrived and could not be decoded. */
  undecodable: number;
  /** The most messages that may be lost by a broken connection, a restarted hub or `close`. */
  lost: number;
}

/** The counters of a layer, and its present state. */
export interface LayerStats extends Counters {
  /** Channels of this process with unread messages or waiting readers. */
  channels: number;
  /** Unread messages in those channels, each counted once for every channel that holds it. */
  unread: number;
  /** Calls of `receive` that wait for a message. */
  waiting: number;
  /** Groups with members in this process. */
  groups: number;
  /** Memberships of channels in those groups. */
  memberships: number;
  /** Processes connected to this one, where it is a producer; 0 elsewhere. */
  peers: number;
}
