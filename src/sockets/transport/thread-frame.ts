/** ThreadFrame: what the two ends of an inproc connection between threads post to each other, and its validation. */

import type { Batch } from './thread-batch.ts';

/** One frame. */
export type ThreadFrame =
  /**
   * `join`: the connecting end asks for the connection; `open`: the binder accepts it. `batches`: the thread of this end is over,
   * and these are all that it has sent.
   */
  | {
      readonly kind: 'join' | 'open';
      readonly greeting: ThreadGreeting;
      readonly batches?: readonly Batch[];
    }
  /** The binder refuses the connection. */
  | { readonly kind: 'refuse' }
  /** Messages and octets that may be sent, counted from the beginning of the connection; Infinity without a mark. */
  | { readonly kind: 'grant'; readonly messages: number; readonly octets: number }
  | { readonly kind: 'batch'; readonly batch: Batch };

/** What one end sends the other about its socket. */
export interface ThreadGreeting {
  /** The socket type as in a handshake, such as `PUSH`. */
  readonly socketType: string;
  /** 1 to 255 octets; undefined = none. */
  readonly routingId: Uint8Array | undefined;
  readonly address: string;
}

/** `value` as a frame; undefined when it is not a valid one. The block of a batch is checked when it is read. */
export function threadFrame(value: unknown): ThreadFrame | undefined {
  if (!isRecord(value)) return undefined;
  return CHECKS.get(value['kind'])?.(value) ? (value as unknown as ThreadFrame) : undefined;
}

/** An object, whose fields are still to be checked. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const CHECKS: ReadonlyMap<unknown, (frame: Readonly<Record<string, unknown>>) => boolean> = new Map(
  [
    ['join', isOpening],
    ['open', isOpening],
    ['refuse', () => true],
    ['grant', ({ messages, octets }) => isCount(messages) && isCount(octets)],
    ['batch', ({ batch }) => isBatch(batch)],
  ] satisfies [string, (frame: Readonly<Record<string, unknown>>) => boolean][],
);

function isOpening({ greeting, batches }: Readonly<Record<string, unknown>>): boolean {
  return isGreeting(greeting) && (batches === undefined || areBatches(batches));
}

/** Whether `value` is a greeting. */
export function isGreeting(value: unknown): value is ThreadGreeting {
  if (!isRecord(value)) return false;
  const { socketType, routingId, address } = value;
  if (typeof socketType !== 'string' || typeof address !== 'string') return false;
  if (routingId === undefined) return true;
  return routingId instanceof Uint8Array && routingId.length >= 1 && routingId.length <= 255;
}

/** Whether `value` is a list of batches. */
export function areBatches(value: unknown): value is Batch[] {
  return Array.isArray(value) && value.every(isBatch);
}

function isBatch(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { block, large } = value;
  if (!(block instanceof ArrayBuffer) || block.byteLength === 0) return false;
  return (
    Array.isArray(large) &&
    large.every((part) => part instanceof ArrayBuffer || part instanceof Uint8Array)
  );
}

function isCount(value: unknown): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && Number(value) >= 0);
}
