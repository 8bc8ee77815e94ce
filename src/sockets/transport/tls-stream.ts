/** TlsStream: TLS over a stream that is open, on either side, under the options of wss. */

import { X509Certificate } from 'node:crypto';
import type net from 'node:net';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { SocketError } from '../errors.ts';
import type { OptionValues } from '../options/options.ts';
import type { OpenStream } from './dial.ts';
import { Inlet } from './inlet.ts';
import { failed, waitOn } from './stream-wait.ts';

/**
 * Reads the options for a server, once for each set of `values`.
 * @throws SocketError `EINVAL`, where key and certificate are missing, unreadable, or do not belong together
 */
export function serverContext(values: OptionValues): tls.SecureContext {
  const { wssKeyPem: key, wssCertPem: cert } = values;
  if (key === null || cert === null) {
    throw invalid('a wss server needs wssKeyPem and wssCertPem, not set');
  }
  return contextOf(values, 'wssKeyPem or wssCertPem', { key, cert });
}

/**
 * Reads the options for a client, once for each set of `values`.
 * @throws SocketError `EINVAL`, where nobody is trusted, or `wssTrustPem` holds no certificate
 */
export function clientContext(values: OptionValues): tls.SecureContext {
  const { wssTrustPem: own, wssTrustSystem: system } = values;
  if (own === null) {
    if (system) return contextOf(values, 'wssTrustSystem', {});
    throw invalid(
      'a wss client needs wssTrustPem or wssTrustSystem to know whom to trust, not set',
    );
  }
  try {
    new X509Certificate(own);
  } catch (cause) {
    throw invalid('wssTrustPem holds no certificate', cause);
  }
  return contextOf(values, 'wssTrustPem', { ca: system ? [...tls.rootCertificates, own] : own });
}

/**
 * The client's side, towards `host` or who is named in `wssHostname`: the certificate must be of that name. Rejects, with
 * all destroyed, when TLS fails, when `signal` aborts, and after `handshakeInterval`.
 */
export async function secureClient(
  { stream: plain }: OpenStream,
  host: string,
  values: OptionValues,
  signal: AbortSignal,
): Promise<OpenStream> {
  const name = values.wssHostname ?? host;
  const stream = tls.connect({
    socket: plain,
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    secureContext: clientContext(values),
    // Whatever the environment says.
    rejectUnauthorized: true,
    ALPNProtocols,
  });
  await secured(stream, 'secureConnect', signal, values.handshakeInterval);
  return { stream, inlet: new Inlet() };
}

/**
 * The server's side of a connection that was accepted and not read from. Rejects, with all destroyed, when TLS fails and when
 * `signal` aborts.
 */
export async function secureServer(
  accepted: net.Socket,
  values: OptionValues,
  signal: AbortSignal,
): Promise<OpenStream> {
  const secureContext = serverContext(values);
  const stream = new tls.TLSSocket(accepted, { isServer: true, secureContext, ALPNProtocols });
  await secured(stream, 'secure', signal, 0);
  return { stream, inlet: new Inlet() };
}

function secured(
  stream: tls.TLSSocket,
  event: 'secureConnect' | 'secure',
  signal: AbortSignal,
  patience: number,
): Promise<void> {
  return waitOn(stream, { signal, patience, awaited: 'TLS' }, (resolve, reject) => {
    stream.once(event, resolve);
    // The reason why a server's handshake fails comes by this way only.
    stream.once('_tlsError', reject);
    stream.once('close', () => reject(failed('ECONNRESET', 'the peer leaves within TLS')));
  });
}

function contextOf(
  values: OptionValues,
  names: string,
  options: tls.SecureContextOptions,
): tls.SecureContext {
  const known = contexts.get(values);
  if (known !== undefined) return known;
  try {
    const context = tls.createSecureContext(options);
    contexts.set(values, context);
    return context;
  } catch (cause) {
    throw invalid(`${names}: ${(cause as Error).message}`, cause);
  }
}

/** Of the values that an endpoint was opened with. */
const contexts = new WeakMap<OptionValues, tls.SecureContext>();

const ALPNProtocols = ['http/1.1'];

function invalid(what: string, cause?: unknown): SocketError {
  return new SocketError('EINVAL', { message: `Invalid argument: ${what}`, cause });
}
