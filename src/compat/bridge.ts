/** Bridge: one socket of version 6 behind one of version 5. Messages wait here to be sent, and come out as events. */

import type { EventEmitter } from 'node:events';
import {
  Dealer,
  type EventType,
  type Message,
  type MessageLike,
  Observer,
  Pair,
  Publisher,
  Pull,
  Push,
  type Readable,
  Reply,
  Request,
  Router,
  type Sendable,
  type Sender,
  type Socket,
  SocketError,
  type SocketName,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '../sockets/index.ts';

/** The names of the socket types; `xreq` and `xrep` are older names of `dealer` and `router`. */
export type SocketType = SocketName | 'xreq' | 'xrep' | 'stream';

/** Called when a call has finished, with the error if it failed. */
export type Callback = (error?: Error) => void;

export class Bridge {
  readonly socket: Socket;
  readonly #face: EventEmitter;
  /** Messages that could not be sent immediately, in order. */
  readonly #outgoing: { readonly parts: Sendable; readonly done: Callback }[] = [];
  /** Settles when the bind or unbind under way has settled: version 6 refuses other calls until then. */
  #blocked: Promise<void> | undefined;
  #sending = false;
  #paused = false;
  #closed = false;
  /** Wakes a delivery that waits while paused; `resume` and `close` call it. */
  #resumed: (() => void) | undefined;
  /** No message is received until this settles: the socket that they are forwarded to is full. */
  #held: Promise<void> | undefined;
  #roomy: (() => void)[] = [];
  #observer: Observer | undefined;

  /**
   * `face` is the socket of version 5, which emits the events.
   * @throws Error for an unknown type
   */
  constructor(face: EventEmitter, type: SocketType) {
    if (!Object.hasOwn(CLASSES, type)) throw new Error(`Invalid socket type: ${type}`);
    this.#face = face;
    this.socket = new CLASSES[type]();
    if ('receive' in this.socket) void this.#receive(this.socket as unknown as Readable);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Messages that wait here to be sent. */
  get outgoingCount(): number {
    return this.#outgoing.length;
  }

  // — endpoints —

  /** Binds or unbinds `address`, after the calls under way; then emits `event`, and calls `done`. */
  async block(
    event: 'bind' | 'unbind',
    address: string,
    done: Callback | undefined,
  ): Promise<void> {
    const before = this.#blocked;
    const current = (async () => {
      await before;
      let failure: Error | undefined;
      try {
        await this.socket[event](address);
      } catch (error) {
        failure = error as Error;
      }
      process.nextTick(() => {
        if (failure === undefined) this.#face.emit(event, address);
        this.#report(failure, done);
      });
    })();
    this.#blocked = current;
    await current;
    if (this.#blocked === current) this.#blocked = undefined;
    this.#send();
  }

  /** Calls `action`, a connect or disconnect, when no bind is under way. */
  whenFree(action: () => void): void {
    if (this.#blocked === undefined) {
      action();
      return;
    }
    void this.#blocked.then(() => {
      if (this.#closed) return;
      try {
        action();
      } catch (error) {
        process.nextTick(() => this.#report(error as Error, undefined));
      }
    });
  }

  // — messages —

  /** Sends `parts` after the messages that wait; calls `done` when they are accepted. */
  send(parts: readonly MessageLike[], done: Callback | undefined): void {
    this.#outgoing.push({
      parts,
      done: (error) => process.nextTick(() => this.#report(error, done)),
    });
    this.#send();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#resumed?.();
    this.#send();
  }

  /** Has the socket receive no further message until `room` settles. */
  hold(room: Promise<void>): void {
    this.#held = room;
  }

  /** Settles when at most `ROOM` messages wait to be sent. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#roomy.push(resolve);
    });
  }

  // — the end —

  /** Sends what can be sent without waiting, and calls the callbacks of the other messages with an error; then closes. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const end = (): void => {
      this.#sendNow();
      this.socket.close();
      for (const { done } of this.#outgoing.splice(0)) done(new SocketError('EBADF'));
      this.#makeRoom();
      this.#resumed?.();
    };
    if (this.#blocked === undefined) end();
    else void this.#blocked.then(end);
  }

  // — monitor —

  monitor(): void {
    if (this.#observer !== undefined) return;
    const observer = new Observer(this.socket);
    this.#observer = observer;
    for (const [type, name] of MONITORED) {
      observer.on(type, (event) => {
        const { address, error, interval } = event as Monitored;
        const value = interval ?? error?.errno ?? 0;
        if (error === undefined) this.#face.emit(name, value, address);
        else this.#face.emit(name, value, address, error);
      });
    }
  }

  unmonitor(): void {
    this.#observer?.close();
    this.#observer = undefined;
  }

  // — helpers —

  async #receive(socket: Readable): Promise<void> {
    for (;;) {
      await this.#held;
      await this.#blocked;
      if (this.socket.closed) return;
      let message: Message[];
      try {
        message = await socket.receive({ timeout: -1 });
      } catch (error) {
        if (this.socket.closed || this.#closed) return;
        // A bind began on this very tick: the next turn of this loop waits for it.
        if ((error as SocketError).code !== 'EBUSY') {
          process.nextTick(() => this.#report(error as Error, undefined));
        }
        continue;
      }
      await this.#deliver(message);
    }
  }

  /** Emits `message` on a tick of its own, so that an error that a listener throws is uncaught, as in version 5. */
  async #deliver(message: readonly Message[]): Promise<void> {
    for (;;) {
      while (this.#paused && !this.#closed) {
        await new Promise<void>((resolve) => {
          this.#resumed = resolve;
        });
      }
      if (this.#closed) return;
      const delivered = await new Promise<boolean>((resolve) => {
        process.nextTick(() => {
          const ready = !this.#paused && !this.#closed;
          resolve(ready);
          if (ready) this.#face.emit('message', ...message);
        });
      });
      if (delivered) return;
    }
  }

  #send(): void {
    if (this.#sending || this.#paused || this.#blocked !== undefined || this.#closed) return;
    this.#sendNow();
    const first = this.#outgoing[0];
    if (first === undefined) return;
    this.#sending = true;
    void this.#wait(first.parts).then((error) => {
      this.#sending = false;
      if (this.#closed) return;
      this.#outgoing.shift();
      first.done(error);
      this.#send();
    });
  }

  /** Sends all messages that can be sent without waiting. */
  #sendNow(): void {
    while (!this.#sending && this.#outgoing.length > 0) {
      const { parts, done } = this.#outgoing[0]!;
      let failure: Error | undefined;
      try {
        if (!this.#sender().trySend(parts)) break;
      } catch (error) {
        // Out of turn: it can be sent after the next message has been received.
        if ((error as SocketError).code === 'EFSM') break;
        failure = error as Error;
      }
      this.#outgoing.shift();
      done(failure);
    }
    if (this.#outgoing.length <= ROOM) this.#makeRoom();
  }

  async #wait(parts: Sendable): Promise<Error | undefined> {
    try {
      await this.#sender().send(parts);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** @throws SocketError `ENOTSUP` for a socket that cannot send */
  #sender(): Sender {
    if ('trySend' in this.socket) return this.socket as unknown as Sender;
    throw new SocketError('ENOTSUP');
  }

  #makeRoom(): void {
    for (const resolve of this.#roomy.splice(0)) resolve();
  }

  /** Calls `done` with `error`, or emits it as the event `error`, except on a socket that its program has closed. */
  #report(error: Error | undefined, done: Callback | undefined): void {
    if (done !== undefined) done(error);
    else if (error !== undefined && !this.#closed) this.#face.emit('error', error);
  }
}

interface Monitored {
  readonly address: string;
  readonly interval?: number;
  readonly error?: Error & { readonly errno?: number };
}

const CLASSES: Readonly<Record<SocketType, new () => Socket>> = {
  pair: Pair,
  req: Request,
  rep: Reply,
  pub: Publisher,
  sub: Subscriber,
  dealer: Dealer,
  xreq: Dealer,
  router: Router,
  xrep: Router,
  pull: Pull,
  push: Push,
  xpub: XPublisher,
  xsub: XSubscriber,
  stream: Stream,
};

/** Events of version 6, and their names in version 5. */
const MONITORED: ReadonlyMap<EventType, string> = new Map<EventType, string>([
  ['connect', 'connect'],
  ['connect:delay', 'connect_delay'],
  ['connect:retry', 'connect_retry'],
  ['bind', 'listen'],
  ['bind:error', 'bind_error'],
  ['accept', 'accept'],
  ['accept:error', 'accept_error'],
  ['close', 'close'],
  ['close:error', 'close_error'],
  ['disconnect', 'disconnect'],
]);

/** Messages, at most, that wait at one side of a proxy when it reads the other side again. */
const ROOM = 100;
