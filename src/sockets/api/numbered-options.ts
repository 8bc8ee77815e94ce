/**
 * Options by libzmq's number, as in `zmq_getsockopt` and `zmq_setsockopt`: for subclasses that add a property for one, as
 * zeromq.js documents.
 */

import { SocketError } from '../errors.ts';
import {
  type OptionHolder,
  readOption,
  setOption,
  showOption,
  writeOption,
} from '../options/option-accessors.ts';
import {
  OPTION_IDS,
  OPTIONS,
  type OptionKind,
  READ_ONLY_IDS,
  type Readouts,
  VERBOSITY_IDS,
} from '../options/option-table.ts';
import type { OptionValues } from '../options/options.ts';

/** Key of the method that returns the socket whose options are read and set by number. */
export const numbered: unique symbol = Symbol('numbered');

/** A socket, and what its type allows by option number. */
export interface Numbered {
  readonly socket: OptionHolder & Readouts & { readonly closed: boolean };
  /** The options that sockets of this type have. */
  readonly optionNames: readonly (keyof OptionValues)[];
  readonly subscriber: Partial<Subscriber>;
}

/** Called for `ZMQ_SUBSCRIBE` and `ZMQ_UNSUBSCRIBE`; only SUB and XPUB have these methods. */
interface Subscriber {
  subscribe(prefix: Buffer): void;
  unsubscribe(prefix: Buffer): void;
}

/** Base of `Socket`: protected methods by which subclasses read and set options by libzmq's number. */
export abstract class NumberedOptions {
  /** @internal */
  abstract [numbered](): Numbered;

  /** The value of libzmq's option `option`, as a boolean. Throws `EINVAL` for an unknown option, `ENOTSOCK` when closed. */
  protected getBoolOption(option: number): boolean {
    return Boolean(read(this[numbered](), option));
  }

  /** Set libzmq's option `option` to a boolean. Throws as the property does, `EINVAL` for an option that the type lacks. */
  protected setBoolOption(option: number, value: boolean): void {
    write(this[numbered](), option, value, 'boolean');
  }

  /** The value of libzmq's option `option`, as a number. Throws `EINVAL` for an unknown option, `ENOTSOCK` when closed. */
  protected getInt32Option(option: number): number {
    return Number(read(this[numbered](), option));
  }

  /** Set libzmq's option `option` to a number. Throws as the property does, `EINVAL` for an option that the type lacks. */
  protected setInt32Option(option: number, value: number): void {
    write(this[numbered](), option, value, 'number');
  }

  /** The value of libzmq's option `option`, as a number. Throws `EINVAL` for an unknown option, `ENOTSOCK` when closed. */
  protected getUint32Option(option: number): number {
    return Number(read(this[numbered](), option));
  }

  /** Set libzmq's option `option` to a number. Throws as the property does, `EINVAL` for an option that the type lacks. */
  protected setUint32Option(option: number, value: number): void {
    write(this[numbered](), option, value, 'number');
  }

  /** The value of libzmq's option `option`, as a number. Throws `EINVAL` for an unknown option, `ENOTSOCK` when closed. */
  protected getInt64Option(option: number): number {
    return Number(read(this[numbered](), option));
  }

  /** Set libzmq's option `option` to a number. Throws as the property does, `EINVAL` for an option that the type lacks. */
  protected setInt64Option(option: number, value: number): void {
    write(this[numbered](), option, value, 'number');
  }

  /** The value of libzmq's option `option`, as a number. Throws `EINVAL` for an unknown option, `ENOTSOCK` when closed. */
  protected getUint64Option(option: number): number {
    return Number(read(this[numbered](), option));
  }

  /** Set libzmq's option `option` to a number. Throws as the property does, `EINVAL` for an option that the type lacks. */
  protected setUint64Option(option: number, value: number): void {
    write(this[numbered](), option, value, 'number');
  }

  /** The value of libzmq's option `option`, as text. Throws `EINVAL` for an unknown option, `ENOTSOCK` when closed. */
  protected getStringOption(option: number): string | null {
    const value = read(this[numbered](), option);
    return value === null ? null : String(value);
  }

  /** Set libzmq's option `option` to text. Throws as the property does, `EINVAL` for an option that the type lacks. */
  protected setStringOption(option: number, value: string | Buffer | null): void {
    writeText(this[numbered](), option, value);
  }
}

/** The value of option `option`. Throws `EINVAL` for an unknown option, `ENOTSOCK` on a closed socket. */
function read({ socket }: Numbered, option: number): unknown {
  checkIdentifier(option);
  checkOpen(socket);
  if (option === IPV4ONLY) return !socket[readOption]('ipv6');
  const name = OPTION_IDS.get(option);
  if (name !== undefined) return showOption(name, socket[readOption](name));
  const readOnly = READ_ONLY_IDS.get(option)?.(socket);
  if (readOnly !== undefined) return readOnly;
  const verbosity = VERBOSITY_IDS.get(option);
  if (verbosity !== undefined) return socket[readOption]('verbosity') === verbosity;
  throw badOption(option);
}

/**
 * Sets option `option` to `value`, which must be of the kind `given`. Throws what the property of that option throws, a TypeError
 * for a value of another kind, `EINVAL` for an option that the type lacks, `ENOTSOCK` on a closed socket.
 */
function write(
  { socket, optionNames }: Numbered,
  option: number,
  value: unknown,
  given: OptionKind,
): void {
  checkIdentifier(option);
  if (given !== 'text' && typeof value !== given) {
    throw new TypeError(`Option value must be a ${given}`);
  }
  checkOpen(socket);
  const verbosity = VERBOSITY_IDS.get(option);
  if (verbosity !== undefined) {
    socket[writeOption]('verbosity', value ? verbosity : null);
    return;
  }
  if (option === IPV4ONLY && given !== 'text') {
    socket[writeOption]('ipv6', !value);
    return;
  }
  const name = OPTION_IDS.get(option);
  if (name === undefined || !optionNames.includes(name)) throw badOption(option);
  const { kind } = OPTIONS[name];
  // libzmq checks the size of a value: it takes no text for a number, and no number for text.
  if ((kind === 'text') !== (given === 'text')) throw badOption(option);
  const converted = kind === 'boolean' ? Boolean(value) : kind === 'number' ? Number(value) : value;
  setOption(socket, OPTIONS, name, converted);
}

/** Sets option `option` to text, as `write` does; `ZMQ_SUBSCRIBE` and `ZMQ_UNSUBSCRIBE` take effect and are not stored. */
function writeText(on: Numbered, option: number, value: string | Buffer | null): void {
  checkIdentifier(option);
  if (value !== null && typeof value !== 'string' && !Buffer.isBuffer(value)) {
    throw new TypeError('Option value must be a string or buffer');
  }
  const { socket, subscriber } = on;
  checkOpen(socket);
  const prefix = Buffer.from(value ?? '');
  if (option === SUBSCRIBE && subscriber.subscribe !== undefined) subscriber.subscribe(prefix);
  else if (option === UNSUBSCRIBE && subscriber.unsubscribe !== undefined)
    subscriber.unsubscribe(prefix);
  else write(on, option, value, 'text');
}

function checkIdentifier(option: unknown): void {
  if (typeof option !== 'number') throw new TypeError('Identifier must be a number');
}

function checkOpen({ closed }: Numbered['socket']): void {
  if (closed) throw new SocketError('ENOTSOCK');
}

function badOption(option: number): SocketError {
  if (IPC_FILTERS.includes(option)) {
    const message =
      'Invalid argument: Node does not tell which process is at the other end of an ipc connection';
    return new SocketError('EINVAL', { message });
  }
  return new SocketError('EINVAL', { message: `Invalid argument: no option ${option} here` });
}

/** `ZMQ_SUBSCRIBE` and `ZMQ_UNSUBSCRIBE`. */
const SUBSCRIBE = 6;
const UNSUBSCRIBE = 7;
/** `ZMQ_IPV4ONLY`: the deprecated opposite of `ZMQ_IPV6`. */
const IPV4ONLY = 31;
/** `ZMQ_IPC_FILTER_PID`, `_UID` and `_GID`. libzmq refuses them, too, on systems that do not provide the peer's credentials. */
const IPC_FILTERS: readonly number[] = [58, 59, 60];
