/** IpcFile: which file is at the path of an ipc endpoint, and whose it is. */

import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import net from 'node:net';

/** Tells the file of one bind from that of another at the same path. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  /** Nanoseconds: a file system may give the inode of a removed file to the next one at once. */
  readonly made: bigint;
}

/** What is at `path` now; undefined where nothing is, and for abstract names. */
export function fileAt(path: string): FileIdentity | undefined {
  if (isAbstract(path)) return undefined;
  try {
    const found = lstatSync(path, { bigint: true });
    return { device: found.dev, inode: found.ino, made: found.mtimeNs };
  } catch {
    return undefined;
  }
}

/** The socket file at `path` that nobody listens on; undefined where there is none. */
export async function staleFileAt(path: string): Promise<FileIdentity | undefined> {
  const file = fileAt(path);
  if (file === undefined || !lstatSync(path, { throwIfNoEntry: false })?.isSocket()) {
    return undefined;
  }
  return new Promise((resolve) => {
    const probe = net.connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(undefined);
    });
    // Any other refusal, such as a full backlog, does not mean that nobody is there.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'ECONNREFUSED' || code === 'ENOENT' ? file : undefined);
    });
  });
}

/** Remove what is at `path` if it is `file`. False where it is another file: somebody was faster. */
export function removeFile(path: string, file: FileIdentity): boolean {
  const found = fileAt(path);
  if (found === undefined) return true;
  if (!isSame(found, file)) return false;
  // Another process may replace it right now. What was moved can still be looked at, and put back.
  const aside = asideOf(path);
  if (!move(path, aside)) return fileAt(path) === undefined;
  const moved = fileAt(aside);
  if (moved !== undefined && !isSame(moved, file)) {
    putBack(aside, path);
    return false;
  }
  unlinkSync(aside);
  return true;
}

/** Run `close`, which removes whatever is at `path`, such that no other file than `file` is removed. */
export function closeSparing(
  path: string,
  file: FileIdentity | undefined,
  close: () => void,
): void {
  const found = fileAt(path);
  const foreign = found !== undefined && (file === undefined || !isSame(found, file));
  const aside = asideOf(path);
  if (!foreign || !move(path, aside)) {
    close();
    // Node does not remove the file of every handle.
    if (file !== undefined) removeFile(path, file);
    return;
  }
  try {
    close();
  } finally {
    putBack(aside, path);
  }
}

function isAbstract(path: string): boolean {
  return path.startsWith('\0');
}

function isSame(one: FileIdentity, other: FileIdentity): boolean {
  return one.device === other.device && one.inode === other.inode && one.made === other.made;
}

function move(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

/** Unless somebody has bound `path` meanwhile, whose file must not be replaced. */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
    unlinkSync(aside);
  } catch {
    // A file system without hard links.
    if (fileAt(path) === undefined) move(aside, path);
    else unlinkSync(aside);
  }
}

function asideOf(path: string): string {
  return `${path}.${process.pid}-${++moves}`;
}

let moves = 0;
