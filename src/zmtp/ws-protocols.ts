/** The sub-protocols of WebSocket that stand for ZWS 2.0 and a mechanism (RFC 45), and how those ask for one who may not use a slash. */

/** The sub-protocol without a mechanism: each side begins with its routing id. */
export const BARE = 'ZWS2.0';

/** What a client asks for that has `mechanism`, the best first. */
export function wsProtocols(mechanism: string): readonly string[] {
  return mechanism === 'NULL' ? [`${BARE}/NULL`, BARE] : [`${BARE}/${mechanism}`];
}

/**
 * What a page asks for. Browsers refuse names with a slash, as RFC 6455 does: with a dot they are ours, and known to binds of this
 * package alone. Others know the bare one, which comes first: some servers take the first that is asked for, whatever it says.
 */
export function pageWsProtocols(mechanism: string): readonly string[] {
  const dotted = `${BARE}.${mechanism}`;
  return mechanism === 'NULL' ? [BARE, dotted] : [dotted];
}

/** What a server with `mechanism` agrees to, the best first. */
export function servedWsProtocols(mechanism: string): readonly string[] {
  return [...new Set([`${BARE}/${mechanism}`, ...pageWsProtocols(mechanism).toReversed()])];
}
