/** The sub-protocols of WebSocket that stand for ZWS 2.0 and a mechanism (RFC 45), also for clients that may not use a slash. */

/** The sub-protocol without a mechanism: each side begins with its routing id. */
export const BARE = 'ZWS2.0';

/** The sub-protocols that a client with `mechanism` asks for, the best first. */
export function wsProtocols(mechanism: string): readonly string[] {
  return mechanism === 'NULL' ? [`${BARE}/NULL`, BARE] : [`${BARE}/${mechanism}`];
}

/**
 * The sub-protocols that a page asks for. Browsers refuse names with a slash, as RFC 6455 does; those with a dot are known only
 * to binds of this package. Others know `ZWS2.0`, which comes first: some servers agree to the first name, whatever it says.
 */
export function pageWsProtocols(mechanism: string): readonly string[] {
  const dotted = `${BARE}.${mechanism}`;
  return mechanism === 'NULL' ? [BARE, dotted] : [dotted];
}

/** The sub-protocols that a server with `mechanism` agrees to, the best first. */
export function servedWsProtocols(mechanism: string): readonly string[] {
  return [...new Set([`${BARE}/${mechanism}`, ...pageWsProtocols(mechanism).toReversed()])];
}
