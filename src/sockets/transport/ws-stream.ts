/** WsStream: turns a stream into a WebSocket, on either side. Like all code for WebSocket, it is loaded when first needed. */

import { randomBytes, randomFillSync } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { wsFraming } from '../../zmtp/ws-framing.ts';
import { BARE, servedWsProtocols, wsProtocols } from '../../zmtp/ws-protocols.ts';
import type { OpenStream } from './dial.ts';
import { negotiate } from './negotiate.ts';
import type { Opening } from './transport.ts';
import { ClientUpgrade, ServerUpgrade, UpgradeError } from './upgrade.ts';
import type { WsBindEndpoint, WsConnectEndpoint } from './ws-address.ts';

/**
 * Asks the server at the other end of `open` for a WebSocket; it has `handshakeInterval` ms for its answer. Rejects as
 * `negotiate`, and with a ZmtpError `ERR_WS_UPGRADE` where the server refuses.
 */
export async function askForWebSocket(
  open: OpenStream,
  opening: Opening<WsConnectEndpoint>,
  signal: AbortSignal,
): Promise<OpenStream> {
  const { host, endpoint, values } = opening;
  const { tcp, path } = endpoint;
  const known = wsProtocols(host.mechanismOf(values));
  const plain = plainNext.delete(opening);
  const upgrade = new ClientUpgrade({
    authority: `${isIPv6(tcp.host) ? `[${tcp.host}]` : tcp.host}:${tcp.port}`,
    path,
    protocols: plain ? [BARE] : known,
    key: randomBytes(16).toString('base64'),
  });
  const again = (): void => {
    if (!plain && known.includes(BARE)) plainNext.add(opening);
  };
  try {
    await negotiate(open, upgrade, signal, values.handshakeInterval);
  } catch (error) {
    if (error instanceof UpgradeError && error.httpStatus === 400) again();
    throw error;
  }
  const { protocol } = upgrade;
  return { ...open, framing: wsFraming({ protocol, nextMask, echoed: again }) };
}

/**
 * Endpoints whose next attempt asks for `ZWS2.0` alone: their server refused the name with a slash, which RFC 6455 strictly does
 * not allow, or agreed to it without knowing it.
 */
const plainNext = new WeakSet<Opening<WsConnectEndpoint>>();

/** Answers the client at the other end of `open`, until `signal` aborts. Rejects as `askForWebSocket`. */
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

/** 32 unpredictable bits, the mask of a frame. Fetched for many frames at once: a fetch costs more than a small frame. */
function nextMask(): number {
  if (used === masks.length) {
    randomFillSync(masks);
    used = 0;
  }
  return masks[used++]!;
}

const masks = new Uint32Array(1024);
let used = masks.length;
