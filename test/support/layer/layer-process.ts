/** LayerProcess: a layer or hub in a process of its own, called as if it were here. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Capabilities } from '../../../src/layer/carrier/capabilities.ts';
import type { WaitOptions } from '../../../src/layer/carrier/carrier.ts';
import type { Message } from '../../../src/layer/codec/value.ts';
import type { AnyLayer } from '../../../src/layer/conformance/stage.ts';
import { LayerClosed } from '../../../src/layer/errors.ts';
import type { LayerStats } from '../../../src/layer/events.ts';
import { MessageStream } from '../../../src/layer/message-stream.ts';

const FILE = join(import.meta.dirname, 'layer-process.mjs');

/** Why tests with processes cannot run; false if they can. */
export const skipProcesses: string | false = existsSync(
  join(import.meta.dirname, '../../../dist/layer/index.js'),
)
  ? false
  : 'dist/ is not built';

/** What a process has: a kind of layer, or a hub. */
export type ProcessKind = 'embedded' | 'dedicated' | 'rabbitmq' | 'hub';

export class LayerProcess {
  readonly child: ChildProcess;
  #count = 0;
  readonly #calls = new Map<number, (answer: Answer) => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    child.on('message', (answer: Answer) => this.#calls.get(answer.id)?.(answer));
    child.on('exit', () => {
      for (const call of this.#calls.values()) call({ id: 0, error: { message: 'it has ended' } });
    });
  }

  /** Settles when the layer is made. */
  static async start(kind: ProcessKind, options: object): Promise<LayerProcess> {
    const child = fork(FILE, [], { serialization: 'advanced' });
    await once(child, 'message');
    const process = new LayerProcess(child);
    await process.make(kind, options);
    return process;
  }

  /** Make another layer in the same process; what was there before is not closed. */
  make(kind: ProcessKind, options: object): Promise<void> {
    return this.call('make', kind, options);
  }

  /** Call `receive` there, so that `signal` works here. */
  receive(
    channel: string,
    { signal, timeout }: { signal?: AbortSignal | undefined; timeout?: number | undefined } = {},
  ): Promise<Message> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#count + 1;
    const stop = () => this.child.send({ id: 0, name: 'stop', rest: [id, signal?.reason] });
    signal?.addEventListener('abort', stop, { once: true });
    const options = timeout === undefined ? {} : { timeout };
    return this.#call('receive', [channel, options], true).finally(() =>
      signal?.removeEventListener('abort', stop),
    );
  }

  /** Call a method there. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever it returns, as JSON has it
  call(name: string, ...rest: unknown[]): Promise<any> {
    return this.#call(name, rest, false);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever it returns
  #call(name: string, rest: unknown[], stoppable: boolean): Promise<any> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, ({ value, error }) => {
        this.#calls.delete(id);
        if (error === undefined) resolve(value);
        else if (error.code === 'ERR_LAYER_CLOSED') reject(new LayerClosed());
        else reject(Object.assign(new Error(error.message), error));
      });
      this.child.send({ id, name, rest, stoppable });
    });
  }

  /** Without any warning. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}

/** A layer in another process, for the conformance suite. */
export class RemoteLayer implements AnyLayer {
  readonly extensions: readonly string[];
  readonly capabilities: Capabilities;
  readonly #process: LayerProcess;

  constructor(process: LayerProcess, like: AnyLayer) {
    this.#process = process;
    this.extensions = like.extensions;
    this.capabilities = like.capabilities;
  }

  send(channel: string, message: Message): Promise<void> {
    return this.#process.call('send', channel, message);
  }

  receive(channel: string, options?: WaitOptions): Promise<Message> {
    return this.#process.receive(channel, options);
  }

  messages(
    channel: string,
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncIterableIterator<Message> {
    return new MessageStream(
      () => undefined,
      (stop) => this.receive(channel, { signal: stop }),
      signal,
    );
  }

  newChannel(prefix?: string): Promise<string> {
    return this.#process.call('newChannel', prefix);
  }

  groupAdd(group: string, channel: string): Promise<void> {
    return this.#process.call('groupAdd', group, channel);
  }

  groupDiscard(group: string, channel: string): Promise<void> {
    return this.#process.call('groupDiscard', group, channel);
  }

  groupSend(group: string, message: Message, options?: { except?: string }): Promise<void> {
    return this.#process.call('groupSend', group, message, options);
  }

  flush(): Promise<void> {
    return this.#process.call('flush');
  }

  ready(): Promise<void> {
    return this.#process.call('ready');
  }

  close(): Promise<void> {
    return this.#process.call('close');
  }

  stats(): Promise<LayerStats> {
    return this.#process.call('stats');
  }
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
}
