/** Broker: the RabbitMQ node of a run, started by whoever needs it first. It ends with this process. */

import { readFileSync } from 'node:fs';
import { RabbitmqBroker } from '../../test/support/layer/rabbitmq-broker.ts';

let running: Promise<RabbitmqBroker> | undefined;

/** Settles when it takes connections. */
export function sharedBroker(): Promise<RabbitmqBroker> {
  running ??= RabbitmqBroker.start();
  return running;
}

/** Seconds of processor time that a process has used so far, all its threads together. */
export function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Calls by which a process has written so far, to connections, files and itself. */
export function writeCount(pid: number): number {
  return Number(/^syscw: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))![1]);
}

/** Linux counts in hundredths of a second, whatever its kernel does. */
const TICKS = 100;
