/** Requests: what a process has asked of a hub, until the hub says that it is done; said again after each connection. */

import { denied, LayerClosed } from '../errors.ts';
import type { LocalState } from '../local/local-state.ts';
import { encode, type FieldsOf, type RecordOf } from './records.ts';

type RequestKind = 'subscribe' | 'unsubscribe' | 'join' | 'leave' | 'sync' | 'flush';

interface Pending {
  readonly record: Buffer;
  /** `group\nchannel` of a membership that is begun, which an older end does not touch. */
  readonly begins: string | undefined;
  readonly kind: RequestKind;
  /** Of the group, or the prefix. */
  readonly name: string;
  /** Take back here what the hub does not allow. */
  readonly undo: (() => void) | undefined;
  /** Without a hub, there is no need to wait. */
  readonly lenient: boolean;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export class Requests {
  readonly #local: LocalState;
  readonly #say: (record: Buffer) => void;
  readonly #pending = new Map<number, Pending>();
  /** How many of them begin a membership, by its key. */
  readonly #beginning = new Map<string, number>();
  #count = 0;
  /** There is no hub, and somebody has tried. */
  #absent = false;
  #closed = false;

  constructor(local: LocalState, say: (record: Buffer) => void) {
    this.#local = local;
    this.#say = say;
  }

  /** Resolves when the hub has done it; rejects with `ERR_REFUSED`, after `undo`, if it does not allow it. */
  ask<K extends RequestKind>(
    kind: K,
    fields: Omit<FieldsOf<K>, 'request'>,
    lenient: boolean,
    { begins, undo }: { begins?: string; undo?: () => void } = {},
  ): Promise<void> {
    if (this.#closed) return Promise.reject(new LayerClosed());
    const request = ++this.#count;
    const record = encode(kind, { ...fields, request } as unknown as FieldsOf<K>);
    const pending: Pending = {
      record,
      kind,
      name: nameIn(fields),
      begins,
      undo,
      lenient,
      resolve: () => {},
      reject: () => {},
    };
    this.#pending.set(request, pending);
    if (begins !== undefined) this.#beginning.set(begins, (this.#beginning.get(begins) ?? 0) + 1);
    this.#say(record);
    if (lenient && this.#absent) return RESOLVED;
    return new Promise((resolve, reject) => {
      pending.resolve = resolve;
      pending.reject = reject;
    });
  }

  /** Whether a membership was begun that the hub may not have heard of. */
  begins(group: string, channel: string): boolean {
    return this.#beginning.has(`${group}\n${channel}`);
  }

  done({ request, denied: isDenied }: RecordOf<'done'>): void {
    const pending = this.#pending.get(request);
    if (pending === undefined) return;
    this.#pending.delete(request);
    const { begins } = pending;
    if (begins !== undefined) {
      const count = this.#beginning.get(begins)! - 1;
      if (count === 0) this.#beginning.delete(begins);
      else this.#beginning.set(begins, count);
    }
    if (isDenied === 0) {
      pending.resolve();
      return;
    }
    const action = pending.kind === 'flush' ? 'flush' : 'groupAdd';
    pending.undo?.();
    this.#local.denied('', action, pending.name);
    pending.reject(denied(action, this.#local.bare(pending.name)));
  }

  /** The hub answers. */
  joined(): void {
    this.#absent = false;
    for (const { record } of this.#pending.values()) this.#say(record);
  }

  /** No hub answers. */
  absent(): void {
    this.#absent = true;
    for (const pending of this.#pending.values()) if (pending.lenient) pending.resolve();
  }

  close(): void {
    this.#closed = true;
    const closed = new LayerClosed();
    for (const pending of this.#pending.values()) pending.reject(closed);
    this.#pending.clear();
  }

  /** Somebody else does from here on what was asked for. */
  retire(): void {
    this.#closed = true;
    for (const pending of this.#pending.values()) pending.resolve();
    this.#pending.clear();
  }
}

function nameIn(fields: { readonly group?: string; readonly prefix?: string }): string {
  return fields.group ?? fields.prefix ?? '';
}

const RESOLVED = Promise.resolve();
