/** Inline: runs a device in this thread; the host uses it in any other thread or process. */

import type { OpenSocket } from '../api/open.ts';
import type { Socket } from '../api/socket.ts';
import type { Context } from '../core/context.ts';
import { type ProxyStatistics, Relay } from './relay.ts';
import { type DeviceEndpoints, type DevicePlan, openSide, type Side } from './side.ts';

/** A running device, in this thread or elsewhere. */
export interface RunningDevice {
  readonly endpoints: DeviceEndpoints;
  /** Resolves when it has ended; rejects when it failed. */
  readonly finished: Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  statistics(): Promise<ProxyStatistics>;
  /** Stops the device; resolves when its sockets are closed. */
  stop(): Promise<void>;
  /** Sets whether the device keeps this process alive. */
  hold(held: boolean): void;
}

/** Opens the sockets of `plan` and begins to forward messages. */
export async function startInline(plan: DevicePlan, context?: Context): Promise<RunningDevice> {
  const sockets: Socket[] = [];
  const open = async (side: Side | undefined): Promise<OpenSocket | undefined> => {
    if (side === undefined) return undefined;
    const opened = await openSide(side, context);
    sockets.push(opened.socket);
    return opened;
  };
  try {
    const front = await open(plan.in);
    const back = await open(plan.out);
    const capture = await open(plan.monitor);
    const control = await open(plan.control);
    const relay = new Relay(front!.socket, back!.socket, {
      capture: capture?.socket,
      control: control?.socket,
      prefixes: plan.prefixes && [Buffer.from(plan.prefixes[0]), Buffer.from(plan.prefixes[1])],
      // A ROUTER puts the sender's id in front; between two ROUTERs the second part is the id of the destination.
      swapIds: plan.in.type === 'router' && plan.out.type === 'router',
    });
    const finished = relay.run().finally(() => closeAll(sockets));
    // A failure is reported to those that await `finished`.
    finished.catch(() => {});
    return {
      endpoints: {
        in: front?.endpoints ?? [],
        out: back?.endpoints ?? [],
        monitor: capture?.endpoints ?? [],
        control: control?.endpoints ?? [],
      },
      finished,
      pause: async () => relay.pause(),
      resume: async () => relay.resume(),
      statistics: async () => relay.statistics(),
      stop: async () => {
        relay.stop();
        await finished.catch(() => {});
      },
      hold: () => {},
    };
  } catch (error) {
    await closeAll(sockets);
    throw error;
  }
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()));
}
