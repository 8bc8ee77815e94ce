/** Soak: one subscriber that does not read, among others that do. */

import { Publisher, Subscriber } from 'zeromq-pure';
import { spreadOf } from '../../bench/statistics.ts';
import type { Finding } from './finding.ts';
import { holdings } from './memory.ts';

/**
 * Publishes `count` messages to four fast subscribers, with and without a slow one, in turns. The publisher waits for
 * the fast ones after each run of messages, so that it never has a reason to drop one of theirs.
 */
export async function soakSlowSubscriber(count: number): Promise<Finding> {
  const publisher = new Publisher({ sendHighWaterMark: MARK });
  await publisher.bind('tcp://127.0.0.1:*');
  const fast = Array.from({ length: 4 }, () => subscriberOf(publisher));
  await publisher.waitFor('subscription', { peers: 4, timeout: 10_000 });
  await publish(publisher, fast, count);
  const before = await holdings();

  const times: { alone: number[]; beside: number[] } = { alone: [], beside: [] };
  let [dropped, queued] = [0, 0];
  let after = before;
  for (let round = 0; round < ROUNDS; round++) {
    times.alone.push(await publish(publisher, fast, count));
    const slow = subscriberOf(publisher);
    await publisher.waitFor('subscription', { peers: 5, timeout: 10_000 });
    times.beside.push(await publish(publisher, fast, count));
    const slowPeer = publisher.stats().peers.at(-1); // the last one to come
    dropped += slowPeer?.dropped ?? 0;
    queued = Math.max(queued, slowPeer?.queued.out ?? 0);
    after = await holdings();
    slow.close();
    while (publisher.stats().peers.length > 4) {
      await publisher.waitFor('disconnect', { timeout: 10_000 });
    }
  }
  const lost = publisher.stats().peers.reduce((sum, peer) => sum + peer.dropped, 0);
  for (const socket of [publisher, ...fast]) socket.close();

  const cost = spreadOf(times.beside.map((time, round) => time / times.alone[round]!));
  const grown = after.heap + after.external - before.heap - before.external;
  // Two queues at their marks, its messages with what an object costs, and chunks that views hold.
  const allowed = 2 * MARK * (BODY.length + 400) + 4 * 1_048_576;
  return {
    title: `A slow subscriber among four fast ones: ${count} messages of ${BODY.length} B, ${ROUNDS} times`,
    lines: [
      `  time with it to without: ${cost.median.toFixed(2)} (${cost.min.toFixed(2)}–${cost.max.toFixed(2)}); beyond 1.25 is a cost`,
      `  dropped for the fast ones: ${lost}; for the slow one: ${dropped}`,
      `  its queue: at most ${queued} of ${MARK}; memory: ${(grown / 1024).toFixed(0)} KiB more, ${(allowed / 1024).toFixed(0)} KiB allowed`,
    ],
    good: cost.median <= 1.25 && lost === 0 && dropped > 0 && queued <= MARK && grown <= allowed,
  };
}

function subscriberOf(publisher: Publisher): Subscriber {
  const subscriber = new Subscriber();
  subscriber.connect(publisher.lastEndpoint!);
  subscriber.subscribe('');
  return subscriber;
}

/** Milliseconds until all of `subscribers` have everything. */
async function publish(
  publisher: Publisher,
  subscribers: readonly Subscriber[],
  count: number,
): Promise<number> {
  const startedAt = performance.now();
  for (let left = count; left > 0; left -= RUN) {
    const some = Math.min(left, RUN);
    const received = subscribers.map(async (subscriber) => {
      for (let i = 0; i < some; i++) await subscriber.receive({ timeout: 10_000 });
    });
    for (let i = 0; i < some; i++) await publisher.send(BODY);
    await Promise.all(received);
  }
  return performance.now() - startedAt;
}

/** Large enough that the buffers of the kernel are full long before the last message. */
const BODY = Buffer.alloc(1024, 0x2a);
const MARK = 1000;
/** Less than a mark: none of the fast ones can be full. */
const RUN = 500;
const ROUNDS = 5;
