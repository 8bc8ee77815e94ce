/** IpcPath: the socket file of a bound ipc endpoint, what may stand in its way, and the directory made for `ipc://*`. */

import { existsSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { closeSparing, type FileIdentity, fileAt, removeFile, staleFileAt } from './ipc-file.ts';

export class IpcPath {
  /** As the system takes it: an abstract name begins with a NUL. */
  readonly text: string;
  /** A directory that we made for `ipc://*`. */
  readonly #directory: string | undefined;
  /** Our file at the path, from the bind on. */
  #file: FileIdentity | undefined;

  /** `text` undefined: makes up a path in a new temporary directory. */
  constructor(text: string | undefined) {
    if (text === undefined) this.#directory = mkdtempSync(join(tmpdir(), 'zmq-'));
    this.text = text ?? join(this.#directory!, 'socket');
  }

  get #abstract(): boolean {
    return this.text.startsWith('\0');
  }

  /** The endpoint as users write it. */
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
    const stale = await staleFileAt(this.text);
    return stale !== undefined && removeFile(this.text, stale);
  }

  /** Removes the socket file: whether somebody listens there cannot be asked in one call. What is no socket stays. */
  clearSync(): void {
    if (this.#abstract) return;
    if (lstatSync(this.text, { throwIfNoEntry: false })?.isSocket()) {
      rmSync(this.text, { force: true });
    }
  }

  /** Takes note of the file that the bind has made. */
  bound(): void {
    this.#file = fileAt(this.text);
  }

  /** Runs `close`, which removes whatever is at the path, such that the file of somebody who bound it after us stays. */
  closing(close: () => void): void {
    closeSparing(this.text, this.#file, close);
    this.release();
  }

  /** The bind has finished. */
  release(): void {
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
  }
}
