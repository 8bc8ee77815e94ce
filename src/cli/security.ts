/** Security: the certificates that subcommands are given, and the socket options made of them. */

import { existsSync } from 'node:fs';
import { type Authenticate, Authenticator, Certificate } from '../index.ts';
import type { OptionSet } from './arguments.ts';
import { type Arguments, UsageError } from './arguments.ts';

/** Options of every subcommand that may use CURVE. */
export const SECURITY_OPTIONS: OptionSet = {
  cert: {
    type: 'string',
    value: 'FILE',
    help:
      'encrypt with CURVE under this certificate (see keygen); FILE_secret is read if it exists.\n' +
      'We are the server, unless --server-cert is given',
  },
  'server-cert': {
    type: 'string',
    value: 'FILE',
    help: 'the certificate of the server to connect to; without --cert our key is made for this run',
  },
  allow: {
    type: 'string',
    value: 'FOLDER',
    help: 'as a server, let in clients with a certificate in FOLDER; default: all who know our key',
  },
};

/** The certificates of `given`, loaded. */
export interface Certificates {
  /** Ours, with its secret key. */
  readonly own: Certificate;
  /** Undefined: we are the server. */
  readonly server: Certificate | undefined;
  readonly allow: string | undefined;
}

/**
 * Loads the certificates that `given` names by {@link SECURITY_OPTIONS}; undefined when it names none. Rejects with UsageError
 * for options that do not fit together, and as `Certificate.load`.
 */
export async function certificatesOf(given: Arguments): Promise<Certificates | undefined> {
  const [cert, serverCert, allow] = ['cert', 'server-cert', 'allow'].map((name) =>
    given.text(name),
  );
  if (allow !== undefined && (cert === undefined || serverCert !== undefined)) {
    throw new UsageError('--allow is for a server: it needs --cert, and no --server-cert');
  }
  if (cert === undefined && serverCert === undefined) return undefined;
  const server = serverCert === undefined ? undefined : await Certificate.load(serverCert);
  if (cert === undefined) return { own: Certificate.create(), server, allow };
  // As in czmq: the name of the public file stands for the pair.
  const path = existsSync(`${cert}_secret`) ? `${cert}_secret` : cert;
  const own = await Certificate.load(path);
  if (own.secretKey === undefined) {
    throw new UsageError(`--cert ${cert} has no secret-key, and there is no ${cert}_secret`);
  }
  return { own, server, allow };
}

/** The options of a socket for CURVE, and the callback that judges its peers. */
export interface CurveOptions {
  curveServer?: boolean;
  curvePublicKey?: string;
  curveSecretKey?: string;
  curveServerKey?: string;
  authenticate?: Authenticate;
}

/** The options of a socket under these certificates. */
export function curveOptions(certificates: Certificates | undefined): CurveOptions {
  if (certificates === undefined) return {};
  const { own, server, allow } = certificates;
  if (server !== undefined) return { ...own.options, curveServerKey: server.publicKey };
  return {
    curveServer: true,
    ...own.options,
    ...(allow !== undefined && {
      authenticate: new Authenticator().curve({ folder: allow }).authenticate,
    }),
  };
}
