/** Counters: what a socket counts. Its pipes and peers, and the totals of those that are gone. */

import type { Pipe } from '../routing/pipe.ts';
import type { PeerStats, SocketStats } from '../stats.ts';
import type { PeerConnection } from '../transport/transport.ts';

/** Octets of connections that have ended. */
interface Octets {
  sent: number;
  received: number;
}

interface Peer {
  readonly connection: PeerConnection;
  subscriptionCount: number;
}

/** What the rest of the socket adds to its statistics. */
export interface CallCounts {
  readonly sent: number;
  readonly received: number;
  readonly reconnects: number;
}

export class Counters {
  /** Connections closed for `maxHandshakesPerSecond`. */
  throttledCount = 0;
  /** Messages dropped by pipes that are gone, or for want of a pipe. */
  droppedBefore = 0;
  readonly #octetsBefore: Octets = { sent: 0, received: 0 };
  /** All pipes, with the octets of their former connections. */
  readonly #pipes = new Map<Pipe, Octets>();
  /** Peers whose handshake has finished, with their subscriptions where they have any. */
  readonly #peers = new Map<Pipe, Peer>();

  /** Peers whose handshake has finished and whose connection is up. */
  get peerCount(): number {
    return this.#peers.size;
  }

  /** Those of them that have subscribed to something. */
  get subscriberCount(): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (peer.subscriptionCount > 0) count++;
    return count;
  }

  /** `pipe` was created. */
  opened(pipe: Pipe): void {
    this.#pipes.set(pipe, { sent: 0, received: 0 });
  }

  /** Nothing will go through `pipe` any more. */
  forget(pipe: Pipe): void {
    if (this.#pipes.delete(pipe)) this.droppedBefore += pipe.droppedCount;
  }

  /** The handshake of the peer behind `pipe` has finished. */
  established(pipe: Pipe, connection: PeerConnection): void {
    this.#peers.set(pipe, { connection, subscriptionCount: 0 });
  }

  /** The peer now has `count` subscriptions. */
  subscribed(pipe: Pipe, count: number): void {
    const peer = this.#peers.get(pipe);
    if (peer !== undefined) peer.subscriptionCount = count;
  }

  /** The connection of the peer behind `pipe` has ended. */
  disconnected(pipe: Pipe, connection: PeerConnection | undefined): void {
    this.#peers.delete(pipe);
    if (connection === undefined) return;
    for (const octets of [this.#octetsBefore, this.#pipes.get(pipe)]) {
      if (octets === undefined) continue;
      octets.sent += connection.bytesSent;
      octets.received += connection.bytesReceived;
    }
  }

  /** All counters as they are now. */
  stats({ sent, received, reconnects }: CallCounts): SocketStats {
    let dropped = this.droppedBefore;
    let [out, incoming] = [0, 0];
    for (const pipe of this.#pipes.keys()) {
      dropped += pipe.droppedCount;
      out += pipe.outgoingCount;
      incoming += pipe.readableCount;
    }
    let { sent: bytesSent, received: bytesReceived } = this.#octetsBefore;
    const peers: PeerStats[] = [];
    for (const [pipe, { connection }] of this.#peers) {
      bytesSent += connection.bytesSent;
      bytesReceived += connection.bytesReceived;
      peers.push(peerStats(pipe, connection, this.#pipes.get(pipe)));
    }
    return {
      sent: { messages: sent, bytes: bytesSent },
      received: { messages: received, bytes: bytesReceived },
      dropped,
      reconnects,
      throttled: this.throttledCount,
      queued: { out, in: incoming },
      peers,
    };
  }
}

/** `before`: the octets of former connections of the peer. */
function peerStats(
  pipe: Pipe,
  connection: PeerConnection,
  before: Octets = { sent: 0, received: 0 },
): PeerStats {
  return {
    address: pipe.peer?.address ?? '',
    socketType: pipe.peer?.socketType ?? '',
    routingId: pipe.routingId,
    sent: { messages: pipe.sentCount, bytes: before.sent + connection.bytesSent },
    received: {
      messages: pipe.receivedCount + pipe.readableCount,
      bytes: before.received + connection.bytesReceived,
    },
    dropped: pipe.droppedCount,
    queued: { out: pipe.outgoingCount, in: pipe.readableCount },
  };
}
