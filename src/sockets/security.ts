/**
 * Security: from options to the mechanism of an endpoint's connections, and who lets peers in.
 *
 * The code of CURVE, and the library under it, is loaded when a socket first needs it, never for NULL and PLAIN.
 */

import { isIP } from 'node:net';
import type { Mechanism, Metadata, Verdict } from '../zmtp/index.ts';
import { decodeZ85, nullMechanism, plainClient, plainServer } from '../zmtp/index.ts';
import { SocketError } from './errors.ts';
import type { OptionValues } from './options.ts';

/** Who wants to come in, as RFC 27 has it. */
export interface AuthenticationRequest {
  readonly mechanism: 'NULL' | 'PLAIN' | 'CURVE';
  /** `zapDomain` of the socket that asks. */
  readonly domain: string;
  /** The peer's IP address; empty for ipc. */
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
  /** For people, in logs. */
  readonly text?: string;
  /** Who it is: the property `User-Id` of the peer's metadata. */
  readonly userId?: string;
  /** More properties of the peer. */
  readonly metadata?: Metadata | Record<string, string | Buffer>;
}

/** Judges peers. What it throws counts as status 500. */
export type Authenticate = (
  request: AuthenticationRequest,
) => AuthenticationResult | Promise<AuthenticationResult>;

/** Which mechanism the options ask for: the last one set decides, as in libzmq. */
export class SecurityChoice {
  mechanism: 'NULL' | 'PLAIN' | 'CURVE' = 'NULL';
  asServer = false;

  /** An option was set. */
  written(name: keyof OptionValues, value: unknown): void {
    const given = value !== null && value !== false;
    switch (name) {
      case 'plainServer':
      case 'curveServer':
        this.asServer = given;
        this.mechanism = !given ? 'NULL' : name === 'plainServer' ? 'PLAIN' : 'CURVE';
        break;
      case 'plainUsername':
      case 'plainPassword':
        this.asServer = false;
        this.mechanism = given ? 'PLAIN' : 'NULL';
        break;
      case 'curveServerKey':
        this.asServer = false;
        this.mechanism = given ? 'CURVE' : 'NULL';
        break;
      case 'curvePublicKey':
      case 'curveSecretKey':
        if (given) this.mechanism = 'CURVE';
        break;
      default:
        break;
    }
  }

  /**
   * The mechanism under `values`, or a promise of it.
   * @throws SocketError `EINVAL` that names the option which is missing, or does not fit another
   */
  make(values: OptionValues): Mechanism | Promise<Mechanism> {
    switch (this.mechanism) {
      case 'NULL':
        return nullMechanism;
      case 'PLAIN':
        if (this.asServer) return plainServer();
        return plainClient(
          Buffer.from(needed(values, 'plainUsername', 'PLAIN')),
          Buffer.from(values.plainPassword ?? ''),
        );
      case 'CURVE':
        return this.#makeCurve(values);
      default:
        return this.mechanism satisfies never;
    }
  }

  #makeCurve(values: OptionValues): Promise<Mechanism> {
    const role = this.asServer ? 'a CURVE server' : 'a CURVE client';
    const secretKey = decodeZ85(needed(values, 'curveSecretKey', role));
    const publicKey = values.curvePublicKey;
    const serverKey = this.asServer ? undefined : decodeZ85(needed(values, 'curveServerKey', role));
    if (!this.asServer) needed(values, 'curvePublicKey', role);
    return Promise.all([
      import('../zmtp/mechanism/curve-box.ts'),
      import('../zmtp/mechanism/curve-client.ts'),
      import('../zmtp/mechanism/curve-server.ts'),
    ]).then(([{ importKeyPair }, { curveClient }, { curveServer }]) => {
      const own = importKeyPair(secretKey);
      if (publicKey !== null && !own.publicKey.equals(decodeZ85(publicKey))) {
        throw invalid('curvePublicKey does not belong to curveSecretKey');
      }
      return serverKey === undefined ? curveServer(own) : curveClient(own, serverKey);
    });
  }
}

/** The address part of a peer's endpoint text, as RFC 27 wants it. */
export function addressOf(endpoint: string): string {
  const host = /^tcp:\/\/\[?([^\]]*?)\]?:\d+$/.exec(endpoint)?.[1] ?? '';
  const mapped = host.replace(/^::ffff:/i, '');
  return isIP(mapped) === 4 ? mapped : host;
}

/** What `result` means to a connection. */
export function toVerdict(result: AuthenticationResult): Verdict {
  const { status, userId, metadata } = result;
  return {
    status,
    ...(userId !== undefined && { userId }),
    ...(metadata !== undefined && { metadata: toMetadata(metadata) }),
  };
}

function toMetadata(metadata: Metadata | Record<string, string | Buffer>): Metadata {
  if (metadata instanceof Map) return metadata;
  return new Map(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value)]));
}

function needed(
  values: OptionValues,
  name: 'plainUsername' | 'curveSecretKey' | 'curveServerKey' | 'curvePublicKey',
  role: string,
): string {
  const value = values[name];
  if (value === null) throw invalid(`${role} needs ${name}, which is not set`);
  return value;
}

function invalid(what: string): SocketError {
  return new SocketError('EINVAL', { message: `Invalid argument: ${what}` });
}
