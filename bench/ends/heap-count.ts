/** Heap count: what an end written in JavaScript takes from the heap, and how often that is collected. */

// Other runtimes have no GCProfiler to import by name, and count nothing.
import v8 from 'node:v8';

/** What was counted. */
export interface HeapCounted {
  /** Octets allocated on the heap. Memory of Buffers is outside of it. */
  readonly allocated: number;
  /** Runs of the garbage collector, small and large ones. */
  readonly collections: number;
}

/** Counts from its making to `stop`. */
export class HeapCount {
  readonly #profiler = new v8.GCProfiler();
  readonly #usedAtStart: number;

  constructor() {
    this.#profiler.start();
    this.#usedAtStart = process.memoryUsage().heapUsed;
  }

  stop(): HeapCounted {
    const used = process.memoryUsage().heapUsed;
    const { statistics } = this.#profiler.stop();
    let [allocated, last] = [0, this.#usedAtStart];
    for (const { beforeGC, afterGC } of statistics) {
      allocated += beforeGC.heapStatistics.usedHeapSize - last;
      last = afterGC.heapStatistics.usedHeapSize;
    }
    return { allocated: allocated + used - last, collections: statistics.length };
  }
}
