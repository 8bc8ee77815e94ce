/** WebSocket: those members of the platform's WebSocket that are used here. */

/** A connection; the WHATWG documents its members. */
export interface PlatformSocket {
  binaryType: string;
  readonly protocol: string;
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  onmessage: ((event: { data: ArrayBuffer | string }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(octets: Uint8Array): void;
  close(): void;
}

/**
 * Begins to connect to `address` with one of the sub-protocols, the best first.
 * @throws what the platform throws: a page that came by https may not connect to ws
 */
export function openWebSocket(address: string, protocols: readonly string[]): PlatformSocket {
  const { WebSocket } = globalThis as unknown as {
    WebSocket: new (address: string, protocols: readonly string[]) => PlatformSocket;
  };
  return new WebSocket(address, protocols);
}
