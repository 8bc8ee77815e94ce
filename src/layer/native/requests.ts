/** Requests: what a process has asked of a hub, until the hub has done it; repeated on each new connection. */

import { denied, LayerClosed } from '../errors.ts';
import type { LocalState } from '../local/local-state.ts';
import { encode, type FieldsOf, type RecordOf } from './records.ts';

type RequestKind = 'subscribe' | 'unsubscribe' | 'join' | 'leave' | 'sync' | 'flush';

interface Pending {
  readonly record: Buffer;
  /** `group\nchannel` of the membership that the request begins, which an older end must not remove. */
  readonly begins: string | undefined;
  readonly kind: RequestKind;
  /** The group, or the prefix of a flush. */
  readonly name: string;
  /** Takes the request back in this process if the hub does not allow it. */
  readonly undo: (() => void) | undefined;
  /** Resolves also when no hub answers. */
  readonly lenient: boolean;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export class Requests {
  readonly #local: LocalState;
  readonly #say: (record: Buffer) => void;
  readonly #pending = new Map<number, Pending>();
  /** How many pending requests begin a membership, by `group\nchannel`. */
  readonly #beginning = new Map<string, number>();
  #count = 0;
  /** The last attempt to reach the hub has failed. */
  #absent = false;
  #closed = false;

  constructor(local: LocalState, say: (record: Buffer) => void) {
    this.#local = local;
    this.#say = say;
  }

  /** Asks the hub, and resolves when it has done so; rejects with `ERR_REFUSED`, after `undo`, if it does not allow that. */
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

  /** The hub answers: repeats all pending requests. */
  joined(): void {
    this.#absent = false;
    for (const { record } of this.#pending.values()) this.#say(record);
  }

  /** No hub answers: resolves lenient requests, which stay pending. */
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

  /** Resolves all requests, since another object takes over. */
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
