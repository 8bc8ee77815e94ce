/**
 * Metadata: the property list of READY and INITIATE (RFC 37, "Metadata").
 *
 *     name-length(1) name value-length(4, big endian) value   …repeated
 */

import { ZmtpError } from './errors.ts';

/** Properties by name as sent. A Map, so that a peer's `__proto__` is a name like any other. */
export type Metadata = ReadonlyMap<string, Buffer>;

/** Properties one peer may announce. libzmq has no such limit; it sends two. */
export const MAX_PROPERTIES = 256;

/** `properties` as octets, in their order. */
export function encodeMetadata(properties: Iterable<readonly [string, Buffer]>): Buffer {
  const pieces: Buffer[] = [];
  for (const [name, value] of properties) {
    const head = Buffer.alloc(1 + name.length + 4);
    head[0] = name.length;
    head.write(name, 1, 'latin1');
    head.writeUInt32BE(value.length, 1 + name.length);
    pieces.push(head, value);
  }
  return Buffer.concat(pieces);
}

/**
 * The properties in `octets`; a name that comes twice keeps its first value, as in libzmq. Values are
 * copies, so that they do not pin the chunk they came in.
 * @throws ZmtpError `ERR_ZMTP_INVALID_METADATA`
 */
export function decodeMetadata(octets: Buffer): Metadata {
  const properties = new Map<string, Buffer>();
  let offset = 0;
  while (offset < octets.length) {
    const nameEnd = offset + 1 + octets[offset]!;
    if (nameEnd + 4 > octets.length) throw overrun('name', offset);
    const valueEnd = nameEnd + 4 + octets.readUInt32BE(nameEnd);
    if (valueEnd > octets.length) throw overrun('value', nameEnd);
    if (properties.size === MAX_PROPERTIES) throw tooMany();
    const name = octets.toString('latin1', offset + 1, nameEnd);
    if (!properties.has(name)) {
      properties.set(name, Buffer.from(octets.subarray(nameEnd + 4, valueEnd)));
    }
    offset = valueEnd;
  }
  return properties;
}

/** The value of the property `name`, whose case does not matter (RFC 37); the exact spelling has precedence. */
export function property(metadata: Metadata, name: string): Buffer | undefined {
  const exact = metadata.get(name);
  if (exact !== undefined) return exact;
  const wanted = name.toLowerCase();
  for (const [key, value] of metadata) if (key.toLowerCase() === wanted) return value;
  return undefined;
}

function overrun(what: string, offset: number): ZmtpError {
  return new ZmtpError(
    'ERR_ZMTP_INVALID_METADATA',
    `property ${what} at octet ${offset} of the metadata runs past its end`,
  );
}

function tooMany(): ZmtpError {
  return new ZmtpError(
    'ERR_ZMTP_INVALID_METADATA',
    `peer announces more than ${MAX_PROPERTIES} properties`,
  );
}
