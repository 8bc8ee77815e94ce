/** WsStream: turns a stream into a WebSocket, on either side. Like all code for WebSocket, it is loaded when first needed. */

import { randomBytes, randomFillSync } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { wsFraming } from '../../zmtp/ws-framing.ts';
import { BARE, servedWsProtocols, wsProtocols } from '../../zmtp/ws-protocols.ts';
import type { OpenStream } from './dial.ts';
import type { DiallingNow } from './dial-now.ts';
import { negotiate } from './negotiate.ts';
import { dialTcpNow } from './tcp-stream.ts';
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
  const { upgrade, agreed, refused } = requestOf(opening);
  try {
    await negotiate(open, upgrade, signal, opening.values.handshakeInterval);
  } catch (error) {
    refused(error);
    throw error;
  }
  return agreed(open);
}

/** Connects, and asks for a WebSocket, where the event loop does not turn any more. */
export function* dialWebSocketNow(opening: Opening<WsConnectEndpoint>): DiallingNow {
  const { upgrade, agreed, refused } = requestOf(opening);
  try {
    const open = yield* dialTcpNow(opening.endpoint.tcp, opening, upgrade);
    return open && agreed(open);
  } catch (error) {
    refused(error);
    throw error;
  }
}

/** The request of one attempt, and what comes of the answer. */
interface Request {
  readonly upgrade: ClientUpgrade;
  /** The WebSocket that `open` has become. */
  agreed(open: OpenStream): OpenStream;
  refused(error: unknown): void;
}

function requestOf(opening: Opening<WsConnectEndpoint>): Request {
  const { tcp, path } = opening.endpoint;
  const known = wsProtocols(opening.host.mechanismOf(opening.values));
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
  return {
    upgrade,
    agreed(open) {
      const { protocol } = upgrade;
      return { ...open, framing: wsFraming({ protocol, nextMask, echoed: again }) };
    },
    refused(error) {
      if (error instanceof UpgradeError && error.httpStatus === 400) again();
    },
  };
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
