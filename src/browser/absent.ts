/** Absent: in place of parts of the engine that nothing in a page can ask for, or that would cost more there than they give. */

import { SocketError } from '../sockets/errors.ts';

/** In place of core/zap-dealer.ts: nobody is let in who could be judged. */
export function zapOf(): undefined {}

/** In place of sockets/class-call.ts: nothing of an addon is replaced in a page. */
export function refuseCalls<C extends object>(inner: C): C {
  return inner;
}

/** Never made: STREAM has no transport here. */
export const StreamPattern: undefined = undefined;
export const RawStream: undefined = undefined;
/** Never made: nor has DGRAM. */
export const DatagramPattern: undefined = undefined;
/** Never made: nobody has to be judged. */
export const Judging: undefined = undefined;
/** Never made: nothing keeps the event loop awake. */
export const BusyPoll: undefined = undefined;
/** Never made: a page does not say when it ends. */
export const ExitFlush: undefined = undefined;
export const ExitDial: undefined = undefined;

/** Never made: nothing is sealed without CURVE. */
export const SealedTraffic: undefined = undefined;

export const numbered: unique symbol = Symbol('numbered');

/** In place of api/numbered-options.ts: each of its methods throws `ENOTSUP`. */
export function NumberedOptions(): void {}
for (const kind of ['Bool', 'Int32', 'Uint32', 'Int64', 'Uint64', 'String']) {
  for (const verb of ['get', 'set']) {
    NumberedOptions.prototype[`${verb}${kind}Option`] = refuseNumber;
  }
}

/** In place of options/accept-filter.ts. @throws SocketError `ENOTSUP`, always */
export function parseAcceptFilter(): never {
  throw unsupported('accept filters, as nobody is accepted');
}

/** In place of mechanism/z85.ts: keys are refused when they are set, whatever they are. */
export function decodeZ85(): Buffer {
  return Buffer.alloc(32);
}

/** As the one before. */
export function encodeZ85(): string {
  return '';
}

/** In place of options/unknown-option.ts: no guess at what was meant, and fields of one's own are let be. */
export function unknownOption(name: string): TypeError {
  return new TypeError(`Cannot add property ${name}, object is not extensible: no such option`);
}

export function similarOption(): undefined {}
export function guardUnknown(): void {}
export function refuseUnknown(): void {}

function refuseNumber(): never {
  throw unsupported('options by their numbers, expected their names');
}

function unsupported(what: string): SocketError {
  return new SocketError('ENOTSUP', {
    message: `Operation not supported: a browser has no ${what}`,
  });
}
