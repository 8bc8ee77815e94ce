/** Events and counters of a layer. */

/** What `layer.events` emits; each with one object. */
export interface LayerEvents {
  /** `send` was refused: the channel is full. */
  full: [{ channel: string }];
  /** A group's message skipped members that are full. At a hub, `channels` are those it holds. */
  skipped: [{ group: string; channels: readonly string[] }];
  /** Messages died unread. */
  expired: [{ channel: string; count: number }];
  /** Something that came in could not be read, and was dropped. At most one event for a peer in `REPORT_INTERVAL`. */
  undecodable: [{ from: string; count: number; error: Error }];
  /**
   * A connection ended before its handshake did. We listen: somebody was not let in, or came too often. We connect: we were
   * not, and `error` has the `status` that we were told, or is `ECONNRESET` as for a key that is not the server's. At most
   * one event for an address and reason in `REPORT_INTERVAL`.
   */
  refused: [{ address: string; count: number; error: Error & { code?: string; status?: number } }];
  /** Messages are gone, or may be: `count` is an upper bound. */
  lost: [{ count: number; why: string }];
  /**
   * Messages were too old when they came, by clocks that the sender and this process should agree on (`channels_zmq`): the last
   * one by `late` milliseconds. Either they were long on their way, or a clock is wrong. At most one event for an address in
   * `REPORT_INTERVAL`, with the number of messages since the last.
   */
  skew: [{ address: string; count: number; late: number }];
  /** A hub, or the producer, answers. `restarted`: it is not the one that answered before. */
  connect: [{ address: string; hub: string; restarted: boolean }];
  /** It is gone, and looked for again. */
  disconnect: [{ address: string }];
  /** A consuming process appeared at this producer. */
  'peer:join': [{ peer: string }];
  'peer:leave': [{ peer: string }];
  /** Channels of this process fill up; the largest first. At most once in `REPORT_INTERVAL`. */
  backpressure: [{ channels: readonly (readonly [channel: string, count: number])[] }];
  close: [];
}

/** Milliseconds between two events about the same thing. */
export const REPORT_INTERVAL = 5000;

/** What a layer has counted since it was made: this only grows. */
export interface Counters {
  /** Messages that `send` gave away. */
  sent: number;
  /** Messages that `groupSend` gave away. */
  groupSent: number;
  /** Messages that `receive` returned. */
  received: number;
  /** Copies put into channels of this process, or handed to their readers. */
  delivered: number;
  /** `send`s refused for a full channel. */
  full: number;
  /** Copies of group messages that full channels did not get. */
  skipped: number;
  /** Messages that died here unread. */
  expired: number;
  /** What came in and could not be read. */
  undecodable: number;
  /** Messages that are gone or may be, without anybody having decided so. */
  lost: number;
}

/** The counters, and what there is now. */
export interface LayerStats extends Counters {
  /** Channels of this process with messages or readers. */
  channels: number;
  /** Messages that wait in them. */
  unread: number;
  /** `receive`s that wait. */
  waiting: number;
  /** Groups with members in this process, and those memberships. */
  groups: number;
  memberships: number;
  /** Processes that listen to this producer; 0 elsewhere. */
  peers: number;
}
