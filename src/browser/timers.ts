/** Timers: in place of `node:timers`, over the timers of the platform. */

/** A timer. `ref` and `unref` act where the platform has them; in a browser timers keep nothing alive. */
class Timer {
  readonly #timer: NodeJS.Timeout;

  constructor(timer: NodeJS.Timeout) {
    this.#timer = timer;
  }

  ref(): this {
    (this.#timer as Partial<NodeJS.Timeout>).ref?.();
    return this;
  }

  unref(): this {
    (this.#timer as Partial<NodeJS.Timeout>).unref?.();
    return this;
  }

  /** Timeouts and intervals share their numbers: `clearTimeout` clears both. */
  clear(): void {
    globalThis.clearTimeout(this.#timer);
  }
}

export function setTimeout<T extends unknown[]>(
  call: (...values: T) => void,
  time?: number,
  ...values: T
): Timer {
  return new Timer(globalThis.setTimeout(call, time, ...values));
}

export function setInterval(call: () => void, time: number): Timer {
  return new Timer(globalThis.setInterval(call, time));
}

export function clearTimeout(timer: Timer | undefined): void {
  timer?.clear();
}

export function clearInterval(timer: Timer | undefined): void {
  timer?.clear();
}

/** Calls with `value` on the next turn of the event loop: by a message to ourselves, which is not delayed as timers are. */
export const setImmediate: <T>(call: (value: T) => void, value?: T) => void =
  typeof globalThis.setImmediate === 'function' ? globalThis.setImmediate : byMessage();

function byMessage(): <T>(call: (value: T) => void, value?: T) => void {
  const { port1: inside, port2: outside } = new MessageChannel();
  const due: (() => void)[] = [];
  Object.assign(inside, { onmessage: () => due.shift()?.() });
  return (call, value) => {
    due.push(() => call(value as never));
    outside.postMessage(undefined);
  };
}
