/**
 * Real libzmq in another process, driven by lines of JSON over its stdin and stdout.
 *
 * Two programs speak the same commands: `peers/zeromq-peer.mjs` (npm `zeromq`) and
 * `peers/pyzmq-peer.py` (pyzmq). Parts travel as base64, or as a size and a seed from which both
 * ends make the same octets, so that large bodies stay out of the pipe.
 */

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { Test } from 'tap';
import { PATIENCE } from './patience.ts';
import { noise, type Summary } from './peers/numbered.js';

export type { Summary };

export type Implementation = 'zeromq' | 'pyzmq';

/** Socket types, by the names they have on the wire. */
export type PeerSocketType =
  | 'PAIR'
  | 'PUB'
  | 'SUB'
  | 'REQ'
  | 'REP'
  | 'DEALER'
  | 'ROUTER'
  | 'PULL'
  | 'PUSH'
  | 'XPUB'
  | 'XSUB';

/** A part to send: octets, text, or `size` octets made from `seed`. */
export type Part = Buffer | string | { readonly size: number; readonly seed?: number };

/** Options by their zeromq.js names. */
export type PeerOptions = Readonly<Record<string, number | boolean | string | Buffer>>;

/** Parts of 1 KiB and less as they are, larger ones as size and checksum. */
export type Digest = Buffer | { readonly size: number; readonly crc32: number };

/** A range of topics: `prefix` followed by 0 … `count` - 1. */
export interface TopicRange {
  readonly prefix: string;
  readonly count: number;
}

/** Numbered, checksummed messages `[...prefix, 'source/number', body, checksum]`. */
export interface Numbered {
  readonly count: number;
  readonly source?: string;
  readonly first?: number;
  readonly size?: number;
  readonly seed?: number;
  readonly prefix?: readonly Part[];
}

export interface VerifyOptions {
  readonly timeout?: number;
  readonly progress?: number;
  readonly until?: number;
}

interface TearDown {
  teardown(fn: () => unknown): void;
}

/** Whether some Python here can import zmq. */
export function pyzmqAvailable(): boolean {
  return python() !== undefined;
}

/** The implementations present; says in one line which one is not. */
export function implementations(t: Pick<Test, 'skip'>): Implementation[] {
  if (pyzmqAvailable()) return ['zeromq', 'pyzmq'];
  t.skip('pyzmq is not installed: interop with libzmq through Python is skipped', () => {});
  return ['zeromq'];
}

/** What `peer.receive` would report for these parts. */
export function digest(parts: readonly Part[]): Digest[] {
  return parts.map((part) => {
    const octets = octetsOf(part);
    if (octets.length <= 1_024) return octets;
    return { size: octets.length, crc32: crc32(octets) };
  });
}

/** The octets a part stands for. */
export function octetsOf(part: Part): Buffer {
  if (typeof part === 'string') return Buffer.from(part);
  return Buffer.isBuffer(part) ? part : noise(part.size, part.seed);
}

/** A process with libzmq in it. It ends with the test. */
export class LibzmqPeer {
  readonly implementation: Implementation;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pending = new Map<number, Pending>();
  readonly #progress = new Map<number, number>();
  readonly #watchers = new Map<number, () => void>();
  #stderr = '';
  #commandCount = 0;
  #socketCount = 0;
  #ended = false;

  constructor(implementation: Implementation) {
    this.implementation = implementation;
    const [command, ...args] = commandOf(implementation);
    this.#child = spawn(command, args, { stdio: 'pipe' });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answer(line));
    this.#child.on('close', (code, signal) => this.#end(`exit ${code ?? signal}`));
  }

  /** Starts a peer and waits until it answers. */
  static async spawn(
    t: TearDown,
    { implementation }: { readonly implementation: Implementation },
  ): Promise<LibzmqPeer> {
    const peer = new LibzmqPeer(implementation);
    t.teardown(() => peer.kill());
    await peer.command('version');
    return peer;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a signal. SIGKILL (the default) resolves when the process is gone, others at once. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#ended) return;
    const gone = signal === 'SIGKILL' ? once(this.#child, 'close') : undefined;
    this.#child.kill(signal);
    await gone;
  }

  /** Creates a socket in the peer. */
  async open(type: PeerSocketType, options: PeerOptions = {}): Promise<PeerSocket> {
    const id = ++this.#socketCount;
    const all = { reconnectInterval: 20, ...options };
    await this.command('open', { id, type, options: optionsOf(all) });
    return new PeerSocket(this, id, type);
  }

  /** Runs libzmq's own proxy between two of the peer's sockets; they belong to it from then on. */
  async proxy(front: PeerSocket, back: PeerSocket): Promise<{ stop(): Promise<void> }> {
    const id = ++this.#socketCount;
    await this.command('proxy', { id, front: front.id, back: back.id });
    return {
      stop: async () => {
        await this.command('stopProxy', { id });
      },
    };
  }

  /** The number of the last message `verify` reported for socket `id`, -1 for none. */
  progressOf(id: number): number {
    return this.#progress.get(id) ?? -1;
  }

  /** Resolves when `verify` has told of message `number` of socket `id`. */
  progressTo(id: number, number: number, patience = PATIENCE): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(id);
        reject(new Error(`message ${number} not reached, only ${this.progressOf(id)}`));
      }, patience);
      const check = () => {
        if (this.progressOf(id) < number) return;
        clearTimeout(timer);
        this.#watchers.delete(id);
        resolve();
      };
      this.#watchers.set(id, check);
      check();
    });
  }

  /** Sends one command and waits for its answer. */
  command<T = unknown>(
    command: string,
    body: Readonly<Record<string, unknown>> = {},
    patience = PATIENCE,
  ): Promise<T> {
    if (this.#ended) return Promise.reject(new Error(`peer has ended; ${this.#stderr}`));
    const n = ++this.#commandCount;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(n);
        reject(new Error(`no answer to ${command} in ${patience} ms ${this.#stderr}`.trim()));
      }, patience);
      this.#pending.set(n, {
        command,
        timer,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
      this.#child.stdin.write(`${JSON.stringify({ n, command, ...body })}\n`);
    });
  }

  #answer(line: string): void {
    const answer = JSON.parse(line) as Answer;
    if (answer.progress !== undefined) {
      this.#progress.set(answer.progress, answer.number ?? -1);
      this.#watchers.get(answer.progress)?.();
      return;
    }
    const pending = this.#pending.get(answer.n);
    if (pending === undefined) return;
    this.#pending.delete(answer.n);
    clearTimeout(pending.timer);
    if (answer.error === undefined) pending.resolve(answer.result);
    else pending.reject(peerError(pending.command, answer.error));
  }

  #end(how: string): void {
    this.#ended = true;
    for (const { command, timer, reject } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new Error(`peer ended (${how}) during ${command} ${this.#stderr}`.trim()));
    }
    this.#pending.clear();
  }
}

/** A libzmq socket in the other process. Operations in one direction run one after another. */
export class PeerSocket {
  readonly peer: LibzmqPeer;
  readonly id: number;
  readonly type: PeerSocketType;

  constructor(peer: LibzmqPeer, id: number, type: PeerSocketType) {
    this.peer = peer;
    this.id = id;
    this.type = type;
  }

  /** Binds; resolves to the endpoint with its real port or path. */
  async bind(endpoint = 'tcp://127.0.0.1:*'): Promise<string> {
    return (await this.#command<{ endpoint: string }>('bind', { endpoint })).endpoint;
  }

  async connect(endpoint: string, routingId?: string): Promise<void> {
    await this.#command('connect', { endpoint, routingId });
  }

  async unbind(endpoint: string): Promise<void> {
    await this.#command('unbind', { endpoint });
  }

  async disconnect(endpoint: string): Promise<void> {
    await this.#command('disconnect', { endpoint });
  }

  /** Changes options of a socket that is open already. */
  async set(options: PeerOptions): Promise<void> {
    await this.#command('set', { options: optionsOf(options) });
  }

  async subscribe(...topics: Part[]): Promise<void> {
    await this.#command('subscribe', { topics: topics.map(encodePart) });
  }

  async unsubscribe(...topics: Part[]): Promise<void> {
    await this.#command('unsubscribe', { topics: topics.map(encodePart) });
  }

  async subscribeRange(generate: TopicRange): Promise<void> {
    await this.#command('subscribe', { generate });
  }

  async unsubscribeRange(generate: TopicRange): Promise<void> {
    await this.#command('unsubscribe', { generate });
  }

  /** Sends one message; rejects with EAGAIN after `timeout` if one is given. */
  async send(message: Part | readonly Part[], timeout?: number): Promise<void> {
    await this.#command('send', { parts: partsOf(message).map(encodePart), timeout });
  }

  /** Sends numbered messages, waiting whenever the socket is full. */
  async sendMany(messages: Numbered, patience = PATIENCE): Promise<void> {
    const { count, source = 'peer', first = 0, size = 16, seed = 1, prefix = [] } = messages;
    const head = prefix.map(encodePart);
    await this.#command('sendMany', { source, first, count, size, seed, prefix: head }, patience);
  }

  /** Sends numbered messages until one has to wait longer than `timeout`; resolves to how many. */
  async fill(
    options: {
      readonly size?: number;
      readonly timeout?: number;
      readonly prefix?: readonly Part[];
    } = {},
  ): Promise<number> {
    const { size = 16, timeout = 300, prefix = [] } = options;
    const head = prefix.map(encodePart);
    const body = { source: 'peer', size, timeout, prefix: head, most: 1_000_000 };
    return (await this.#command<{ sent: number }>('fill', body, 60_000)).sent;
  }

  /** Receives one message. */
  async receive(timeout = PATIENCE): Promise<Digest[]> {
    const [message] = await this.receiveMany(1, timeout);
    if (message === undefined) throw new Error(`${this.type} peer received nothing`);
    return message;
  }

  /** Receives up to `count` messages; fewer if `timeout` passes without one. */
  async receiveMany(count: number, timeout = PATIENCE): Promise<Digest[][]> {
    const body = { count, timeout };
    const { messages } = await this.#command<{ messages: WireDigest[][] }>(
      'receive',
      body,
      timeout + PATIENCE,
    );
    return messages.map((parts) => parts.map(decodeDigest));
  }

  /**
   * Receives `count` numbered messages (fewer if `timeout` passes without one) and reports what is
   * wrong with them. With `until` n it ends at number n; with `progress` n, every nth number is
   * told at once: see the getter.
   */
  verify(count: number, options: VerifyOptions = {}): Promise<Summary> {
    const { timeout = PATIENCE, progress = 0, until } = options;
    const body = { count, timeout, progress, until };
    return this.#command<Summary>('verify', body, timeout + PATIENCE);
  }

  /** The number of the last message that `verify` told of, -1 for none. */
  get progress(): number {
    return this.peer.progressOf(this.id);
  }

  /** Resolves when `verify` has told of this number or a later one. */
  reaches(number: number): Promise<void> {
    return this.peer.progressTo(this.id, number);
  }

  /** Sends back whatever arrives, with `tag` as one more part if given, until the socket closes. */
  async echo(tag?: string, limit?: number): Promise<void> {
    await this.#command('echo', { tag, limit });
  }

  /** Sends `message` again and again, until `stopBeacon`. */
  async beacon(message: readonly Part[], interval = 10): Promise<void> {
    await this.#command('beacon', { parts: message.map(encodePart), interval });
  }

  async stopBeacon(): Promise<void> {
    await this.#command('stopBeacon');
  }

  /**
   * Waits until the socket has seen `count` such events (zeromq.js names) since it was opened. Resolves to the status or
   * code of the last one, where it has one.
   */
  async event(event: string, count = 1, timeout = PATIENCE): Promise<string | number | undefined> {
    const body = { event, count, timeout };
    return (await this.#command<{ detail?: string | number }>('event', body)).detail;
  }

  async close(): Promise<void> {
    await this.#command('close');
  }

  #command<T>(command: string, body: object = {}, patience?: number): Promise<T> {
    return this.peer.command<T>(command, { id: this.id, ...body }, patience);
  }
}

interface Pending {
  readonly command: string;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Answer {
  readonly n: number;
  readonly result?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
  readonly progress?: number;
  readonly number?: number;
}

type WireDigest = { readonly base64: string } | { readonly size: number; readonly crc32: number };

function commandOf(implementation: Implementation): [string, ...string[]] {
  if (implementation === 'zeromq') return [process.execPath, pathOf('zeromq-peer.mjs')];
  const interpreter = python();
  if (interpreter === undefined) throw new Error('pyzmq is not installed');
  return [interpreter, pathOf('pyzmq-peer.py')];
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
}

function python(): string | undefined {
  if (!looked) {
    looked = true;
    found = ['/usr/bin/python3', 'python3'].find(
      (name) => spawnSync(name, ['-c', 'import zmq'], { stdio: 'ignore' }).status === 0,
    );
  }
  return found;
}

let looked = false;
let found: string | undefined;

function partsOf(message: Part | readonly Part[]): readonly Part[] {
  return Array.isArray(message) ? (message as readonly Part[]) : [message as Part];
}

function encodePart(part: Part): unknown {
  return Buffer.isBuffer(part) ? { base64: part.toString('base64') } : part;
}

function decodeDigest(part: WireDigest): Digest {
  return 'base64' in part ? Buffer.from(part.base64, 'base64') : part;
}

function optionsOf(options: PeerOptions): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      Buffer.isBuffer(value) ? encodePart(value) : value,
    ]),
  );
}

function peerError(command: string, { code, message }: { code?: string; message: string }): Error {
  return Object.assign(new Error(`peer: ${command}: ${message}`), { code });
}
