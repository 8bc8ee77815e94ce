/** The option table: each option's libzmq number, default and check, and whether it acts on endpoints that are open already. */

import { decodeZ85, encodeZ85 } from '../../zmtp/index.ts';
import { SocketError } from '../errors.ts';
import { parseAcceptFilter } from './accept-filter.ts';
import type { CommonOptions, GssapiNameType } from './common-options.ts';
import { parseMetadata } from './metadata.ts';
import type {
  ConflateOptions,
  ContextOptions,
  DisconnectOptions,
  HelloOptions,
  HiccupOptions,
  InvertMatchingOptions,
  NoDropOptions,
  OnlyFirstSubscribeOptions,
  OptionValues,
  ProbeRouterOptions,
  ReadOnlyOptions,
  ReceiveOptions,
  RequestOptions,
  RouterOptions,
  RoutingIdOptions,
  SendOptions,
  StreamSocketOptions,
  Verbosity,
  XPublisherOptions,
  XSubscriberOptions,
} from './options.ts';

/** One row of the table. */
export interface OptionSpec<T> {
  /** libzmq's number; undefined if there is none, or if libzmq's option has values of another kind. */
  readonly id: number | undefined;
  /** Which of `setBoolOption`, `setInt32Option` and the others accept it. */
  readonly kind: OptionKind;
  readonly default: T;
  /** Whether it acts on endpoints that are open already, so that setting it late needs no warning. */
  readonly late: boolean;
  /**
   * The value to store for `value`; `name` is for the error text.
   * @throws TypeError for another type
   * @throws SocketError `EINVAL` out of range, `ENOTSUP` for a value that cannot be ignored without danger
   */
  readonly parse: (value: unknown, name: string) => T;
  /** Combines the value set with the stored value `before`; by default `value` replaces it. */
  readonly add?: (before: T, value: T) => T;
  /** Converts the stored value to what the property returns, where that differs. */
  readonly show?: (value: T) => unknown;
}

/** The three kinds of values in libzmq. */
export type OptionKind = 'boolean' | 'number' | 'text';

/** A row for each property of `T`. */
export type OptionTable<T> = { readonly [K in keyof T]: OptionSpec<T[K]> };

/** The rows of the options in `T`, an interface of options.ts. */
type Rows<T> = OptionTable<Pick<OptionValues, keyof T & keyof OptionValues>>;

const INT32_MAX = 0x7fff_ffff;

/** libzmq sends the time to live as 16 bits of 100 ms, and refuses what would not fit. */
const TTL_MAX = 6_553_599;
const TTL_UNIT = 100;

const ROUTING_ID_MAX = 255;
const CREDENTIAL_MAX = 255;

const KEY_SIZE = 32;
const KEY_TEXT_SIZE = 40;
const KEY_FORMS = 'a key of 32 octets, or of 40 characters of Z85';

const IN_THE_CLEAR = 'refusing to run without it in the clear';

const commonRows: Rows<CommonOptions> = {
  affinity: uint64(4, 0),
  rate: integer(8, 100, { min: 1 }),
  recoveryInterval: integer(9, 10_000, { min: 0 }),
  linger: late(integer(17, -1, { min: -1 })),
  reconnectInterval: integer(18, 100, { min: -1 }),
  backlog: integer(19, 100, { min: 0 }),
  reconnectMaxInterval: integer(21, 0, { min: 0 }),
  reconnectStop: integer(109, 0, { min: 0, max: 7 }),
  maxMessageSize: integer(22, -1, { min: -1, max: 2 ** 63 }),
  maxMessageParts: integer(undefined, 65_536, { min: -1 }),
  tcpKeepalive: integer(34, -1, { min: -1, max: 1 }),
  tcpKeepaliveCount: integer(35, -1, { min: -1 }),
  tcpKeepaliveIdle: integer(36, -1, { min: -1 }),
  tcpKeepaliveInterval: integer(37, -1, { min: -1 }),
  tcpAcceptFilter: acceptFilter(38),
  immediate: bool(39, false),
  ipv6: bool(42, false),
  plainServer: bool(44, false),
  plainUsername: credential(45),
  plainPassword: credential(46),
  curveServer: bool(47, false),
  curvePublicKey: curveKey(48),
  curveSecretKey: curveKey(49),
  curveServerKey: curveKey(50),
  gssapiServer: refused(bool(62, false), IN_THE_CLEAR),
  gssapiPrincipal: refused(credential(63), IN_THE_CLEAR),
  gssapiServicePrincipal: refused(credential(64), IN_THE_CLEAR),
  gssapiPlainText: refused(bool(65, false), 'refusing to run without authentication'),
  gssapiPrincipalNameType: refused(gssapiNameType(), IN_THE_CLEAR),
  gssapiServicePrincipalNameType: refused(gssapiNameType(), IN_THE_CLEAR),
  zapDomain: atMost(CREDENTIAL_MAX, text(55)),
  zapEnforceDomain: bool(93, false),
  typeOfService: integer(57, 0, { min: 0 }),
  handshakeInterval: integer(66, 30_000, { min: 0 }),
  maxHandshakesPerSecond: integer(undefined, 0, { min: 0 }),
  minimumProtocolVersion: integer(undefined, 1, { min: 1, max: 3 }),
  socksProxy: text(68),
  socksUsername: atMost(CREDENTIAL_MAX, text(99)),
  socksPassword: atMost(CREDENTIAL_MAX, text(100)),
  wssKeyPem: text(103),
  wssCertPem: text(104),
  wssTrustPem: text(105),
  wssHostname: text(106),
  wssTrustSystem: bool(107, false),
  heartbeatInterval: integer(75, 0, { min: 0 }),
  heartbeatTimeToLive: integer(76, 0, { min: 0, max: TTL_MAX, unit: TTL_UNIT }),
  heartbeatTimeout: integer(77, -1, { min: -1 }),
  connectTimeout: integer(79, 0, { min: 0 }),
  tcpMaxRetransmitTimeout: integer(80, 0, { min: 0 }),
  multicastMaxTransportDataUnit: integer(84, 1_500, { min: 1 }),
  metadata: metadata(95),
  priority: integer(112, 0, { min: 0 }),
  busyPoll: integer(113, 0, { min: 0 }),
  inBatchSize: integer(101, 8_192, { min: 1 }),
  outBatchSize: integer(102, 8_192, { min: 1 }),
  vmciBufferSize: absent(85, 0),
  vmciBufferMinSize: absent(86, 0),
  vmciBufferMaxSize: absent(87, 0),
  vmciConnectTimeout: absent(88, -1),
  useFd: integer(89, -1, { min: -1 }),
  interface: text(92),
  loopbackFastPath: bool(94, false),
};

const sendRows: Rows<SendOptions> = {
  sendBufferSize: integer(11, -1, { min: -1 }),
  sendHighWaterMark: late(integer(23, 1_000, { min: 0 })),
  sendHighWaterMarkBytes: late(integer(undefined, 0, { min: 0, max: Number.MAX_SAFE_INTEGER })),
  sendTimeout: late(integer(28, -1, { min: -1 })),
  multicastHops: integer(25, 1, { min: 1 }),
  multicastLoop: bool(96, true),
};

const receiveRows: Rows<ReceiveOptions> = {
  receiveBufferSize: integer(12, -1, { min: -1 }),
  receiveHighWaterMark: late(integer(24, 1_000, { min: 0 })),
  receiveHighWaterMarkBytes: late(integer(undefined, 0, { min: 0, max: Number.MAX_SAFE_INTEGER })),
  receiveTimeout: late(integer(27, -1, { min: -1 })),
};

const routingIdRows: Rows<RoutingIdOptions> = {
  routingId: octets(5, { min: 1, max: ROUTING_ID_MAX }),
};

const helloRows: Rows<HelloOptions> = { helloMessage: message(110) };

const disconnectRows: Rows<DisconnectOptions> = { disconnectMessage: message(111) };

const hiccupRows: Rows<HiccupOptions> = { hiccupMessage: message(114) };

const probeRouterRows: Rows<ProbeRouterOptions> = { probeRouter: late(bool(51, false)) };

const conflateRows: Rows<ConflateOptions> = { conflate: bool(54, false) };

const requestRows: Rows<RequestOptions> = {
  correlate: late(bool(52, false)),
  relaxed: late(bool(53, false)),
};

const routerRows: Rows<RouterOptions> = {
  mandatory: late(bool(33, false)),
  handover: late(bool(56, false)),
  routerNotify: integer(97, 0, { min: 0, max: 3 }),
};

const noDropRows: Rows<NoDropOptions> = { noDrop: bool(69, false) };

const xPublisherRows: Rows<XPublisherOptions> = {
  manual: bool(71, false),
  manualLastValue: late(bool(98, false)),
  welcomeMessage: message(72),
  verbosity: late(verbosity()),
};

const xSubscriberRows: Rows<XSubscriberOptions> = { verboseUnsubscribe: late(bool(115, false)) };

const onlyFirstSubscribeRows: Rows<OnlyFirstSubscribeOptions> = {
  onlyFirstSubscribe: late(bool(108, false)),
};

const invertMatchingRows: Rows<InvertMatchingOptions> = { invertMatching: bool(74, false) };

const streamRows: Rows<StreamSocketOptions> = { notify: bool(73, true) };

/** All options of sockets. */
export const OPTIONS: OptionTable<OptionValues> = {
  ...commonRows,
  ...sendRows,
  ...receiveRows,
  ...routingIdRows,
  ...helloRows,
  ...disconnectRows,
  ...hiccupRows,
  ...probeRouterRows,
  ...conflateRows,
  ...requestRows,
  ...routerRows,
  ...noDropRows,
  ...xPublisherRows,
  ...xSubscriberRows,
  ...onlyFirstSubscribeRows,
  ...invertMatchingRows,
  ...streamRows,
};

/** All options of contexts. */
export const CONTEXT_OPTIONS: OptionTable<ContextOptions> = {
  ioThreads: integer(1, 1, { min: 0 }),
  maxSockets: integer(2, 1_023, { min: 1, max: 65_535 }),
  threadPriority: integer(3, -1, { min: -1 }),
  threadSchedulingPolicy: integer(4, -1, { min: -1 }),
  maxMessageSize: integer(5, INT32_MAX, { min: 0 }),
  ipv6: bool(42, false),
  blocky: bool(70, true),
  busyPoll: integer(undefined, 100, { min: 0, max: 1_000_000 }),
};

/** Names of the options in {@link CommonOptions}, and so on. Complete, since the rows that they come from have to be. */
export const COMMON: readonly (keyof CommonOptions)[] = namesOf(commonRows);
export const SEND: readonly (keyof SendOptions)[] = namesOf(sendRows);
export const RECEIVE: readonly (keyof ReceiveOptions)[] = namesOf(receiveRows);
export const ROUTING_ID: readonly (keyof RoutingIdOptions)[] = namesOf(routingIdRows);
export const HELLO: readonly (keyof HelloOptions)[] = namesOf(helloRows);
export const DISCONNECT: readonly (keyof DisconnectOptions)[] = namesOf(disconnectRows);
export const HICCUP: readonly (keyof HiccupOptions)[] = namesOf(hiccupRows);
export const PROBE_ROUTER: readonly (keyof ProbeRouterOptions)[] = namesOf(probeRouterRows);
export const CONFLATE: readonly (keyof ConflateOptions)[] = namesOf(conflateRows);
export const REQUEST: readonly (keyof RequestOptions)[] = namesOf(requestRows);
export const ROUTER: readonly (keyof RouterOptions)[] = namesOf(routerRows);
export const NO_DROP: readonly (keyof NoDropOptions)[] = namesOf(noDropRows);
export const X_PUBLISHER: readonly (keyof XPublisherOptions)[] = namesOf(xPublisherRows);
export const X_SUBSCRIBER: readonly (keyof XSubscriberOptions)[] = namesOf(xSubscriberRows);
export const ONLY_FIRST_SUBSCRIBE: readonly (keyof OnlyFirstSubscribeOptions)[] =
  namesOf(onlyFirstSubscribeRows);
export const INVERT_MATCHING: readonly (keyof InvertMatchingOptions)[] =
  namesOf(invertMatchingRows);
export const STREAM: readonly (keyof StreamSocketOptions)[] = namesOf(streamRows);
export const CONTEXT: readonly (keyof ContextOptions)[] = namesOf(CONTEXT_OPTIONS);

/** Socket options by libzmq's number, for `getInt32Option` and the like. */
export const OPTION_IDS: ReadonlyMap<number, keyof OptionValues> = idsOf(OPTIONS);

/** Read-only options by libzmq's number, each with its value as libzmq returns it; undefined for a type that lacks it. */
export const READ_ONLY_IDS: ReadonlyMap<number, (socket: Readouts) => Readout> = new Map<
  number,
  (socket: Readouts) => Readout
>([
  // A message is received whole: no part of it is left to come.
  [13, () => 0],
  [15, ({ readable, writable }) => Number(readable) | (Number(writable) << 1)],
  [16, ({ type }) => type],
  [32, ({ lastEndpoint }) => lastEndpoint],
  [43, ({ securityMechanism }) => MECHANISMS.indexOf(securityMechanism)],
  [81, ({ threadSafe }) => Number(threadSafe)],
  [116, ({ topicsCount }) => topicsCount],
]);

/** The properties of a socket that libzmq has as read-only options. */
export interface Readouts extends ReadOnlyOptions {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly topicsCount?: number;
}

type Readout = string | number | null | undefined;

const MECHANISMS: readonly ReadOnlyOptions['securityMechanism'][] = [
  null,
  'plain',
  'curve',
  'gssapi',
];

/** Two boolean options of libzmq that are one property here: true stands for this value, false for null. */
export const VERBOSITY_IDS: ReadonlyMap<number, NonNullable<Verbosity>> = new Map([
  [40, 'allSubs'],
  [78, 'allSubsUnsubs'],
]);

/** Context options by libzmq's number, for writing. Read, number 3 is `maxSocketsLimit` in libzmq. */
export const CONTEXT_OPTION_IDS: ReadonlyMap<number, keyof ContextOptions> = idsOf(CONTEXT_OPTIONS);

/** `ZMQ_SOCKET_LIMIT`: the highest `maxSockets` there is. */
export const MAX_SOCKETS_LIMIT: number = 65_535;

/** A new set of values: the defaults, overridden by `overrides`, which are not checked. */
export function createValues(overrides: Partial<OptionValues> = {}): OptionValues {
  return { ...SOCKET_DEFAULTS, ...overrides };
}

/** A new set of values for a context: the defaults, overridden by `overrides`, which are not checked. */
export function createContextValues(overrides: Partial<ContextOptions> = {}): ContextOptions {
  return { ...CONTEXT_DEFAULTS, ...overrides };
}

const SOCKET_DEFAULTS = defaultsOf(OPTIONS);
const CONTEXT_DEFAULTS = defaultsOf(CONTEXT_OPTIONS);

function bool(id: number, initial: boolean): OptionSpec<boolean> {
  return {
    id,
    kind: 'boolean',
    default: initial,
    late: false,
    parse(value) {
      if (typeof value !== 'boolean') throw new TypeError('Option value must be a boolean');
      return value;
    },
  };
}

interface Range {
  readonly min: number;
  /** Default 2 147 483 647: most options are an `int` in libzmq. */
  readonly max?: number;
  /** Values are rounded down to a multiple of this. */
  readonly unit?: number;
}

function integer(
  id: number | undefined,
  initial: number,
  { min, max = INT32_MAX, unit = 1 }: Range,
): OptionSpec<number> {
  return {
    id,
    kind: 'number',
    default: initial,
    late: false,
    parse(value, name) {
      const whole = truncate(value);
      // Asked this way round, NaN is refused too.
      if (!(whole >= min && whole <= max)) {
        throw outOfRange(name, whole, `a number from ${min} to ${max}`);
      }
      return whole - (whole % unit);
    },
  };
}

/** An unsigned 64-bit number, clamped, with the warning of zeromq.js for what a JavaScript number cannot hold. */
function uint64(id: number, initial: number): OptionSpec<number> {
  return {
    id,
    kind: 'number',
    default: initial,
    late: false,
    parse(value, name) {
      const whole = truncate(value);
      if (Number.isNaN(whole)) throw outOfRange(name, whole, 'a number');
      if (whole > Number.MAX_SAFE_INTEGER) {
        process.emitWarning(
          'Value is larger than Number.MAX_SAFE_INTEGER and may have been rounded inaccurately.',
        );
      }
      return Math.min(Math.max(whole, 0), 2 ** 64);
    },
  };
}

/** Octets, stored as a copy and shown as text. Null clears them. */
function octets(id: number, { min, max }: { min: number; max: number }): OptionSpec<Buffer | null> {
  return {
    id,
    kind: 'text',
    default: null,
    late: false,
    parse(value, name) {
      const copy = toOctets(value);
      if (copy === null) return null;
      if (copy.length < min || copy.length > max) {
        throw outOfRange(name, `${copy.length} octets long`, `${min} to ${max} octets`);
      }
      return copy.length === 0 ? null : copy;
    },
    show: (value) => (value === null ? null : toText(value)),
  };
}

/** A message of one part; an empty one means none. */
function message(id: number): OptionSpec<Buffer | null> {
  return octets(id, { min: 0, max: INT32_MAX });
}

/** Text; an empty one means none. */
function text(id: number): OptionSpec<string | null> {
  return {
    id,
    kind: 'text',
    default: null,
    late: false,
    parse(value) {
      const copy = toOctets(value);
      return copy === null || copy.length === 0 ? null : toText(copy);
    },
  };
}

/** Text that may be empty: an empty password is a password, not the lack of one. */
function credential(id: number): OptionSpec<string | null> {
  return atMost(CREDENTIAL_MAX, {
    ...text(id),
    parse: (value) => toOctets(value)?.toString() ?? null,
  });
}

/** Text of no more than `max` octets. */
function atMost(max: number, spec: OptionSpec<string | null>): OptionSpec<string | null> {
  return {
    ...spec,
    parse(value, name) {
      const octets = toOctets(value);
      if (octets !== null && octets.length > max) {
        throw outOfRange(name, `${octets.length} octets`, `at most ${max} octets`);
      }
      return spec.parse(value, name);
    },
  };
}

/** A key as 32 octets or as their Z85 text, stored as the latter. Error texts do not have the value: it may be secret. */
function curveKey(id: number): OptionSpec<string | null> {
  return {
    ...text(id),
    parse(value, name) {
      const octets = toOctets(value);
      if (octets === null) return null;
      if (octets.length === KEY_SIZE) return encodeZ85(octets);
      try {
        if (octets.length === KEY_TEXT_SIZE) return encodeZ85(decodeZ85(octets.toString('latin1')));
      } catch {
        throw outOfRange(name, 'no Z85 text', KEY_FORMS);
      }
      throw outOfRange(name, `${octets.length} octets`, KEY_FORMS);
    },
  };
}

/** CIDR blocks, to which each value that is set is added; an empty text clears them. */
function acceptFilter(id: number): OptionSpec<string | null> {
  return list(id, ',', parseAcceptFilter, 'IP addresses with or without the size of a prefix');
}

/** Properties, to which each value that is set is added; an empty text clears them. */
function metadata(id: number): OptionSpec<string | null> {
  return list(id, '\n', parseMetadata, 'lines of X-name:value, 32768 octets at most');
}

/**
 * Text of several items, to which each value that is set is added. `read` returns the text to store, or undefined if it is
 * invalid.
 */
function list(
  id: number,
  separator: string,
  read: (text: string) => string | undefined,
  expected: string,
): OptionSpec<string | null> {
  const spec = text(id);
  return {
    ...spec,
    parse(value, name) {
      const given = spec.parse(value, name);
      const items = given === null ? null : read(given);
      if (items !== undefined) return items;
      throw outOfRange(name, inWords(given), expected);
    },
    add(before, value) {
      if (before === null || value === null) return value;
      const both = `${before}${separator}${value}`;
      if (read(both) === undefined) throw outOfRange('it', 'too long with what it was', expected);
      return both;
    },
  };
}

function verbosity(): OptionSpec<Verbosity> {
  return {
    id: undefined,
    kind: 'text',
    default: null,
    late: false,
    parse(value, name) {
      if (value === 'allSubs' || value === 'allSubsUnsubs') return value;
      if (value === null || value === undefined) return null;
      throw outOfRange(name, inWords(value), 'null, "allSubs" or "allSubsUnsubs"');
    },
  };
}

function gssapiNameType(): OptionSpec<GssapiNameType> {
  return {
    id: undefined,
    kind: 'text',
    default: 'hostBased',
    late: false,
    parse(value, name) {
      if (value === 'hostBased' || value === 'userName' || value === 'krb5Principal') return value;
      throw outOfRange(name, inWords(value), '"hostBased", "userName" or "krb5Principal"');
    },
  };
}

/** Makes a row accept its default only: ignoring another value would cost the user some protection. */
function refused<T>(spec: OptionSpec<T>, consequence: string): OptionSpec<T> {
  return {
    ...spec,
    parse(value, name) {
      const parsed = spec.parse(value, name);
      if (parsed === spec.default) return parsed;
      throw new SocketError('ENOTSUP', {
        message: `${name} is not supported yet: ${consequence}`,
      });
    },
  };
}

/** An option of a transport that does not exist here: as `refused`, with the code of zeromq.js. */
function absent(id: number, initial: number): OptionSpec<number> {
  const spec = integer(id, initial, { min: -1 });
  return {
    ...spec,
    parse(value, name) {
      const parsed = spec.parse(value, name);
      if (parsed === initial) return parsed;
      throw outOfRange(name, parsed, `${initial}, since there is no vmci transport`);
    },
  };
}

function late<T>(spec: OptionSpec<T>): OptionSpec<T> {
  return { ...spec, late: true };
}

function truncate(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('Option value must be a number');
  // Turns −0, which would show, into 0.
  return Math.trunc(value) + 0;
}

function toOctets(value: unknown): Buffer | null {
  if (value === null) return null;
  if (typeof value === 'string') return Buffer.from(value);
  if (value instanceof Uint8Array) return Buffer.from(value);
  throw new TypeError('Option value must be a string or buffer');
}

/** As callers of libzmq see it: text up to the first NUL; a single NUL means none. */
function toText(octets: Buffer): string | null {
  if (octets.length === 1 && octets[0] === 0) return null;
  const end = octets.indexOf(0);
  return octets.toString('utf8', 0, end === -1 ? octets.length : end);
}

function inWords(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function outOfRange(name: string, got: number | string, expected: string): SocketError {
  return new SocketError('EINVAL', {
    message: `Invalid argument: ${name} is ${got}, expected ${expected}`,
  });
}

function namesOf<T extends object>(rows: T): readonly (keyof T)[] {
  return Object.keys(rows) as (keyof T)[];
}

function idsOf<T extends object>(table: OptionTable<T>): ReadonlyMap<number, keyof T> {
  const ids = new Map<number, keyof T>();
  for (const name of Object.keys(table) as (keyof T)[]) {
    const { id } = table[name];
    if (id !== undefined) ids.set(id, name);
  }
  return ids;
}

function defaultsOf<T extends object>(table: OptionTable<T>): T {
  const defaults: Partial<T> = {};
  for (const name of Object.keys(table) as (keyof T)[]) defaults[name] = table[name].default;
  return defaults as T;
}
