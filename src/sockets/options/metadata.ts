/** Metadata: properties of a program's own that are sent to peers in the handshake (`ZMQ_METADATA`): lines of `X-name:value`. */

/** `text`; undefined if one of its lines is no property, or if together they are too long for a handshake. */
export function parseMetadata(text: string): string | undefined {
  if (Buffer.byteLength(text) > METADATA_MAX) return undefined;
  return text.split('\n').every((line) => LINE.test(line)) ? text : undefined;
}

/** The properties in `metadata`, a text that {@link parseMetadata} returned, by name; of two with one name the first. */
export function metadataProperties(metadata: string): ReadonlyMap<string, Buffer> {
  const properties = new Map<string, Buffer>();
  for (const line of metadata.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (!properties.has(name)) properties.set(name, Buffer.from(line.slice(colon + 1)));
  }
  return properties;
}

/** A name of letters, digits and `-_.+` (RFC 37), at most 255 of them, and a value. */
const LINE = /^X-[A-Za-z0-9\-_.+]{0,253}:.+$/;

/** Octets. A peer takes 64 KiB for a whole command of the handshake. */
const METADATA_MAX = 32_768;
