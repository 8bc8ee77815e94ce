/**
 * Security: from options to the mechanism of an endpoint's connections, and who lets peers in.
 *
 * The code of CURVE, and the library under it, is loaded when a socket first needs it, never for NULL and PLAIN.
 */

import type { Mechanism, Metadata, Verdict } from '../../zmtp/index.ts';
import { decodeZ85, nullMechanism, plainClient, plainServer, ZmtpError } from '../../zmtp/index.ts';
import { importKeyPair, isWeakKey, matchKeyPair } from '../../zmtp/mechanism/curve-key-pair.ts';
import { SocketError } from '../errors.ts';
import type { OptionValues } from '../options/options.ts';

/** A mechanism by its name in a ZMTP greeting. */
export type MechanismName = 'NULL' | 'PLAIN' | 'CURVE';

/** A peer that asks to be admitted, with the fields of a request of RFC 27. */
export interface AuthenticationRequest {
  /** `NULL`, `PLAIN` or `CURVE`. */
  readonly mechanism: MechanismName;
  /** `zapDomain` of the socket that asks. */
  readonly domain: string;
  /** The peer's IP address, that of an IPv4 peer always in its own form; empty for ipc. */
  readonly address: string;
  /** `routingId` of the socket that asks, which is what libzmq sends, too. */
  readonly identity: Buffer;
  /** PLAIN: user name and password. CURVE: the client's public key, 32 octets. NULL: none. */
  readonly credentials: readonly Buffer[];
}

/** The answer. */
export interface AuthenticationResult {
  /** 200 = come in, 300 = not now, 400 = not you, 500 = an error here. */
  readonly status: 200 | 300 | 400 | 500;
  /** For people: stands in the `cause` of the event on this side. The peer is told the status only. */
  readonly text?: string;
  /** The name under which it is admitted: the property `User-Id` of the peer's metadata. */
  readonly userId?: string;
  /** More properties of the peer. */
  readonly metadata?: Metadata | Record<string, string | Buffer>;
}

/** Judges peers. What it throws counts as status 500, and is the `cause` of the event. */
export type Authenticate = (
  request: AuthenticationRequest,
) => AuthenticationResult | Promise<AuthenticationResult>;

/** Which mechanism the options ask for: the last one set decides, as in libzmq. */
export class SecurityChoice {
  mechanism: MechanismName = 'NULL';
  asServer = false;

  /** An option was set: `values` holds it already, and is told which role is left. */
  written(name: keyof OptionValues, value: unknown, values: OptionValues): void {
    const next = this.after(name, value);
    this.mechanism = next.mechanism;
    this.asServer = next.asServer;
    values.plainServer = this.asServer && this.mechanism === 'PLAIN';
    values.curveServer = this.asServer && this.mechanism === 'CURVE';
  }

  /**
   * What would be chosen after setting this option. Turning off what was not on changes nothing here, where libzmq
   * falls back to NULL: a list of all options with their defaults must not take CURVE away.
   */
  after(name: keyof OptionValues, value: unknown): { mechanism: MechanismName; asServer: boolean } {
    const { mechanism, asServer } = this;
    const given = value !== null && value !== false;
    switch (name) {
      case 'plainServer':
        return given ? PLAIN_SERVER : asServer && mechanism === 'PLAIN' ? NOTHING : this;
      case 'curveServer':
        return given ? CURVE_SERVER : asServer && mechanism === 'CURVE' ? NOTHING : this;
      case 'plainUsername':
      case 'plainPassword':
        return given ? PLAIN_CLIENT : !asServer && mechanism === 'PLAIN' ? NOTHING : this;
      case 'curveServerKey':
        return given ? CURVE_CLIENT : !asServer && mechanism === 'CURVE' ? NOTHING : this;
      case 'curvePublicKey':
      case 'curveSecretKey':
        return given ? { mechanism: 'CURVE', asServer } : this;
      default:
        return this;
    }
  }

  /**
   * The mechanism under `values`, or a promise of it. `connects`: for an endpoint that connects.
   * @throws SocketError `EINVAL` that names the option which is missing, or does not fit another
   */
  make(values: OptionValues, connects: boolean): Mechanism | Promise<Mechanism> {
    switch (this.mechanism) {
      case 'NULL':
        return nullMechanism;
      case 'PLAIN':
        if (this.asServer) return plainServer();
        need(values, ['plainUsername'], 'a PLAIN client');
        return plainClient(
          Buffer.from(values.plainUsername!),
          Buffer.from(values.plainPassword ?? ''),
        );
      case 'CURVE':
        // Where it connects, as in libzmq, events tell: of the peer's mechanism if that is another, or of the key.
        if (connects && this.asServer && values.curveSecretKey === null) return KEYLESS_SERVER;
        return this.#makeCurve(values);
      default:
        return this.mechanism satisfies never;
    }
  }

  #makeCurve(values: OptionValues): Promise<Mechanism> {
    if (this.asServer) need(values, ['curveSecretKey'], 'a CURVE server');
    else need(values, ['curvePublicKey', 'curveSecretKey', 'curveServerKey'], 'a CURVE client');
    const { curvePublicKey, curveSecretKey, curveServerKey } = values;
    const secretKey = decodeZ85(curveSecretKey!);
    const own =
      curvePublicKey === null
        ? importKeyPair(secretKey)
        : matchKeyPair(secretKey, decodeZ85(curvePublicKey));
    secretKey.fill(0);
    if (own === undefined) throw invalid('curvePublicKey does not belong to curveSecretKey');
    if (this.asServer) {
      return loadCurve(import('../../zmtp/mechanism/curve-server.ts')).then(({ curveServer }) =>
        curveServer(own),
      );
    }
    const serverKey = decodeZ85(curveServerKey!);
    if (isWeakKey(serverKey)) throw invalid('curveServerKey is no key: it gives no secret');
    return loadCurve(import('../../zmtp/mechanism/curve-client.ts')).then(({ curveClient }) =>
      curveClient(own, serverKey),
    );
  }
}

/** `role`, and the quicker library under it where there is one. */
function loadCurve<T>(role: Promise<T>): Promise<T> {
  library ??= Promise.all([
    import('../../zmtp/mechanism/curve-box.ts'),
    import('./sodium.ts').then(({ loadSodium }) => loadSodium()),
  ]).then(([{ sealWith }, sodium]) => sealWith(sodium));
  return library.then(() => role);
}

/** Looked for once in a process. */
let library: Promise<void> | undefined;

/** What `authenticate` says of `request`, as a connection wants it. Never rejects. */
export async function askCallback(
  authenticate: Authenticate,
  request: AuthenticationRequest,
): Promise<Verdict> {
  try {
    return toVerdict(await authenticate(request));
  } catch (cause) {
    return { status: 500, cause };
  }
}

/** @throws TypeError for what is no answer */
function toVerdict(result: AuthenticationResult): Verdict {
  const { status, text, userId, metadata } = result;
  if (!STATUSES.has(status)) {
    throw new TypeError(`authenticate answered with status ${status}, not 200, 300, 400 or 500`);
  }
  if (userId !== undefined && typeof userId !== 'string') {
    throw new TypeError('userId of an authenticated peer must be a string');
  }
  return {
    status,
    ...(text !== undefined && { cause: new Error(text) }),
    ...(userId !== undefined && { userId }),
    ...(metadata !== undefined && { metadata: toMetadata(metadata) }),
  };
}

function toMetadata(metadata: Metadata | Record<string, string | Buffer>): Metadata {
  const entries = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
  return new Map(entries.map(([name, value]) => [name, Buffer.from(value)]));
}

/** `name` was set while `address` is open without it, and would stay so. */
export function tooLate(name: string, address: string): SocketError {
  return invalid(`${name} is set too late: ${address} is open without it, set it before`);
}

/** Somebody must judge, and nobody is there. */
export function nobodyJudges(mechanism: MechanismName): SocketError {
  return new SocketError('EFAULT', {
    message: `${mechanism} peer refused: no authenticate, and no handler at inproc://zeromq.zap.01`,
  });
}

/** `what` was told to use a mechanism. */
export function noMechanism(what: string, mechanism: MechanismName): SocketError {
  return invalid(`${what} cannot use ${mechanism}: it has no handshake`);
}

/** Peers that come by `what` are to be judged. */
export function notJudged(what: string): SocketError {
  return invalid(`${what} has no handshake in which peers could be judged`);
}

function need(values: OptionValues, names: readonly (keyof OptionValues)[], role: string): void {
  const missing = names.filter((name) => values[name] === null);
  if (missing.length > 0) throw invalid(needs(role, missing));
}

function needs(role: string, names: readonly string[]): string {
  return `${role} needs ${names.join(' and ')}, not set`;
}

function invalid(what: string): SocketError {
  return new SocketError('EINVAL', { message: `Invalid argument: ${what}` });
}

/** A CURVE server that has no key, and so lets nobody in. */
const KEYLESS_SERVER: Mechanism = {
  name: 'CURVE',
  begin: () => ({
    peer: undefined,
    first() {
      return undefined;
    },
    step() {
      const reason = needs('a CURVE server', ['curveSecretKey']);
      throw new ZmtpError('ERR_ZMTP_CRYPTOGRAPHIC', reason, 'local');
    },
  }),
};

const NOTHING = { mechanism: 'NULL', asServer: false } as const;
const PLAIN_CLIENT = { mechanism: 'PLAIN', asServer: false } as const;
const PLAIN_SERVER = { mechanism: 'PLAIN', asServer: true } as const;
const CURVE_CLIENT = { mechanism: 'CURVE', asServer: false } as const;
const CURVE_SERVER = { mechanism: 'CURVE', asServer: true } as const;
const STATUSES: ReadonlySet<unknown> = new Set([200, 300, 400, 500]);
