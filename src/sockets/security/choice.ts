/**
 * Security choice: the mechanism that the options choose for an endpoint, and the callback that admits or refuses peers.
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

/** A peer to admit or refuse, with the fields of a request of RFC 27. */
export interface AuthenticationRequest {
  /** `NULL`, `PLAIN` or `CURVE`. */
  readonly mechanism: MechanismName;
  /** `zapDomain` of the socket that the peer wants to reach; empty for none. */
  readonly domain: string;
  /** The peer's IP address, an IPv4-mapped one as plain IPv4; empty for ipc. */
  readonly address: string;
  /** `routingId` of the socket that the peer wants to reach, as libzmq sends it; empty for none. */
  readonly identity: Buffer;
  /** PLAIN: user name and password. CURVE: the client's public key, 32 octets. NULL: none. */
  readonly credentials: readonly Buffer[];
}

/** The answer to an `AuthenticationRequest`. */
export interface AuthenticationResult {
  /** Status of RFC 27: 200 = admitted, 300 = temporary error, 400 = refused, 500 = internal error. */
  readonly status: 200 | 300 | 400 | 500;
  /** Explanation, found in the `cause` of the event on this side. The peer is sent the status only. */
  readonly text?: string;
  /** Name of the peer's user: the property `User-Id` of the peer's metadata. */
  readonly userId?: string;
  /** Further properties of the peer's metadata. */
  readonly metadata?: Metadata | Record<string, string | Buffer>;
}

/** Callback that admits or refuses peers. What it throws counts as status 500, and is the `cause` of the event. */
export type Authenticate = (
  request: AuthenticationRequest,
) => AuthenticationResult | Promise<AuthenticationResult>;

/** The mechanism that the options choose: the security option that is set last decides, as in libzmq. */
export class SecurityChoice {
  mechanism: MechanismName = 'NULL';
  asServer = false;

  /** Records that an option was set, and updates `plainServer` and `curveServer` in `values` to the role that results. */
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
   * The mechanism for an endpoint with `values`, or a promise of it. `connects`: the endpoint connects.
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
        // As in libzmq, a connecting one fails in the handshake: events report the peer's mechanism if it differs, or the key.
        if (connects && this.asServer && values.curveSecretKey === null) return KEYLESS_SERVER;
        return this.#makeCurve(values);
      default:
        return this.mechanism satisfies never;
    }
  }

  #makeCurve(values: OptionValues): Mechanism | Promise<Mechanism> {
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
    if (this.asServer) return withCurve(({ curveServer }) => curveServer(own));
    const serverKey = decodeZ85(curveServerKey!);
    if (isWeakKey(serverKey)) throw invalid('curveServerKey is a weak key of low order');
    return withCurve(({ curveClient }) => curveClient(own, serverKey));
  }
}

/** What `make` makes of the code for CURVE: at once where that, and the faster library where there is one, is loaded already. */
function withCurve(make: (curve: Curve) => Mechanism): Mechanism | Promise<Mechanism> {
  if (curve !== undefined) return make(curve);
  loading ??= Promise.all([
    import('../../zmtp/mechanism/curve-server.ts'),
    import('../../zmtp/mechanism/curve-client.ts'),
    import('../../zmtp/mechanism/curve-box.ts'),
    import('./sodium.ts').then(({ loadSodium }) => loadSodium()),
  ]).then(([server, client, { sealWith }, sodium]) => {
    sealWith(sodium);
    curve = { ...server, ...client };
    return curve;
  });
  return loading.then(make);
}

type Curve = typeof import('../../zmtp/mechanism/curve-server.ts') &
  typeof import('../../zmtp/mechanism/curve-client.ts');

/** Loaded once per process. */
let curve: Curve | undefined;
let loading: Promise<Curve> | undefined;

/** The verdict of `authenticate` on `request`. Never rejects: an error becomes status 500. */
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

/** @throws TypeError for an invalid answer */
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

/** The error for setting `name` while `address` is open without it, where it would have no effect. */
export function tooLate(name: string, address: string): SocketError {
  return invalid(`${name} is set too late: ${address} is open without it, set it before`);
}

/** The error for a peer that has to be authenticated where there is neither `authenticate` nor a handler. */
export function nobodyJudges(mechanism: MechanismName): SocketError {
  return new SocketError('EFAULT', {
    message: `${mechanism} peer refused: no authenticate, and no handler at inproc://zeromq.zap.01`,
  });
}

/** The error for choosing `mechanism` for a socket or transport, `what`, without a handshake. */
export function noMechanism(what: string, mechanism: MechanismName): SocketError {
  return invalid(`${what} cannot use ${mechanism}: it has no handshake`);
}

/** The error for authenticating peers of a transport, `what`, without a handshake. */
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

/** A CURVE server without a key, which admits nobody. */
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
