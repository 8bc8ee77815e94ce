/** IpcPath: the socket file of a bound ipc endpoint, what may stand in its way, and the directory made for `ipc://*`. */

import { existsSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { lstat, rm, unlink } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class IpcPath {
  /** As the system takes it: an abstract name begins with a NUL. */
  readonly text: string;
  /** A directory that we made for `ipc://*`. */
  readonly #directory: string | undefined;

  /** `text` undefined: makes up a path in a new temporary directory. */
  constructor(text: string | undefined) {
    if (text === undefined) this.#directory = mkdtempSync(join(tmpdir(), 'zmq-'));
    this.text = text ?? join(this.#directory!, 'socket');
  }

  get #abstract(): boolean {
    return this.text.startsWith('\0');
  }

  /** As the user writes it. */
  get address(): string {
    return this.#abstract ? `ipc://@${this.text.slice(1)}` : `ipc://${this.text}`;
  }

  /** libuv says EACCES for a directory that is not there. */
  get missesDirectory(): boolean {
    return !this.#abstract && !existsSync(dirname(this.text));
  }

  /**
   * Removes a socket file that nobody listens on, left behind by a process that died. libzmq removes any file, even one
   * in use. False when something is in use there.
   */
  async clear(): Promise<boolean> {
    if (!(await isStale(this.text))) return false;
    await unlink(this.text).catch(() => {});
    return true;
  }

  /** Removes the socket file: whether somebody listens there cannot be asked in one call. What is no socket stays. */
  clearSync(): void {
    if (this.#abstract) return;
    if (lstatSync(this.text, { throwIfNoEntry: false })?.isSocket()) {
      rmSync(this.text, { force: true });
    }
  }

  /** The bind is over. */
  release(): void {
    if (this.#directory !== undefined) void rm(this.#directory, { recursive: true, force: true });
  }
}

/** Is this a socket file that nobody listens on? */
async function isStale(path: string): Promise<boolean> {
  if (!path.startsWith('\0')) {
    const found = await lstat(path).catch(() => undefined);
    // Gone meanwhile, or a file that is none of our business.
    if (found !== undefined && !found.isSocket()) return false;
  }
  return new Promise((resolve) => {
    const probe = net.connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    // Any other refusal, such as a full backlog, does not mean that nobody is there.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'ECONNREFUSED' || code === 'ENOENT');
    });
  });
}
