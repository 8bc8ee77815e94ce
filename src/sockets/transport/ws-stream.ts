/** WsStream: makes a WebSocket of a stream, on either side. With all that speaks WebSocket, it is loaded when first needed. */

import { randomBytes, randomFillSync } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { wsFraming } from '../../zmtp/ws-framing.ts';
import { servedWsProtocols, wsProtocols } from '../../zmtp/ws-protocols.ts';
import type { OpenStream } from './dial.ts';
import { negotiate } from './negotiate.ts';
import type { Opening } from './transport.ts';
import { ClientUpgrade, ServerUpgrade } from './upgrade.ts';
import type { WsBindEndpoint, WsConnectEndpoint } from './ws-address.ts';

/**
 * Asks the server at the other end of `open` for a WebSocket; it has `handshakeInterval` for its answer. Rejects as
 * `negotiate`, and with a ZmtpError `ERR_WS_UPGRADE` where the server refuses.
 */
export async function askForWebSocket(
  open: OpenStream,
  { host, endpoint, values }: Opening<WsConnectEndpoint>,
  signal: AbortSignal,
): Promise<OpenStream> {
  const { tcp, path } = endpoint;
  const upgrade = new ClientUpgrade({
    authority: `${isIPv6(tcp.host) ? `[${tcp.host}]` : tcp.host}:${tcp.port}`,
    path,
    protocols: wsProtocols(host.mechanismOf(values)),
    key: randomBytes(16).toString('base64'),
  });
  await negotiate(open, upgrade, signal, values.handshakeInterval);
  return { ...open, framing: wsFraming({ protocol: upgrade.protocol, nextMask }) };
}

/** Answers the client at the other end of `open`, until `signal` aborts. Rejects in the same way. */
export async function offerWebSocket(
  open: OpenStream,
  { host, endpoint, values }: Opening<WsBindEndpoint>,
  signal: AbortSignal,
): Promise<OpenStream> {
  const { path } = endpoint;
  const upgrade = new ServerUpgrade({
    path,
    protocols: servedWsProtocols(host.mechanismOf(values)),
  });
  await negotiate(open, upgrade, signal, 0);
  return { ...open, framing: wsFraming({ protocol: upgrade.protocol }) };
}

/** 32 bits that nobody can foresee. Fetched for many frames at once: a fetch costs more than a small frame. */
function nextMask(): number {
  if (used === masks.length) {
    randomFillSync(masks);
    used = 0;
  }
  return masks[used++]!;
}

const masks = new Uint32Array(1024);
let used = masks.length;
