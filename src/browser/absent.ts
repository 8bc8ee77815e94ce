/** Absent: stand-ins for parts of the engine that a page cannot use, or that would cost it more than they give. */

import { SocketError } from '../sockets/errors.ts';

/** In place of core/zap-dealer.ts: a page accepts no connection, so no peer is judged. */
export function zapOf(): undefined {}

/** In place of sockets/class-call.ts: no page relies on the error text of an addon's classes. Returns the class itself. */
export function refuseCalls<C extends object>(inner: C): C {
  return inner;
}

/** Never constructed: STREAM has no transport here. */
export const StreamPattern: undefined = undefined;
export const RawStream: undefined = undefined;
/** Never constructed: DGRAM has no transport here. */
export const DatagramPattern: undefined = undefined;
/** Never constructed: no peer is judged. */
export const Judging: undefined = undefined;
/** Never constructed: a page does not keep its event loop awake. */
export const BusyPoll: undefined = undefined;
export const Conversation: undefined = undefined;
/** Never constructed, like ExitDial: a page has no event for its end. */
export const ExitFlush: undefined = undefined;
export const ExitDial: undefined = undefined;

/** Never constructed: without CURVE no traffic is sealed. */
export const SealedTraffic: undefined = undefined;

export const numbered: unique symbol = Symbol('numbered');

/** In place of api/numbered-options.ts: each of its methods throws `ENOTSUP`. */
export function NumberedOptions(): void {}
for (const kind of ['Bool', 'Int32', 'Uint32', 'Int64', 'Uint64', 'String']) {
  for (const verb of ['get', 'set']) {
    NumberedOptions.prototype[`${verb}${kind}Option`] = refuseNumber;
  }
}

/** In place of options/accept-filter.ts: a page accepts no connection. @throws SocketError `ENOTSUP`, always */
export function parseAcceptFilter(): never {
  throw unsupported('accept filters, as nobody is accepted');
}

/** In place of mechanism/z85.ts: any key is refused when the option is set, so its octets do not matter. */
export function decodeZ85(): Buffer {
  return Buffer.alloc(32);
}

/** In place of mechanism/z85.ts: there is no key to encode. */
export function encodeZ85(): string {
  return '';
}

/** In place of options/unknown-option.ts: a misspelt option gets no suggestion, and fields of a subclass are not checked. */
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
