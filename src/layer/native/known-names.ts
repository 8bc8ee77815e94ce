/** Known names: names and ids that were read or written lately, since nearly all messages repeat them. */

/**
 * The name in `length` octets from `at`; undefined if they are no name. A name that was read lately is the same string again, so
 * it is neither checked nor hashed anew. Hot.
 */
export function readName(octets: Buffer, at: number, length: number): string | undefined {
  // The end of a name differs most.
  let slot = length;
  const end = at + length;
  for (let i = Math.max(at, end - 6); i < end; i++) slot = (slot * 31 + octets[i]!) | 0;
  slot &= SLOTS - 1;
  const known = names[slot];
  if (known !== undefined && known.octets.length === length) {
    let i = 0;
    while (i < length && known.octets[i] === octets[at + i]) i++;
    if (i === length) return known.name;
  }
  const name = octets.toString('latin1', at, end);
  if (!NAME.test(name)) return undefined;
  names[slot] = { name, octets: Uint8Array.prototype.slice.call(octets, at, end) };
  return name;
}

/** The 16 hexadecimal digits of the 8 octets from `at`. Hot. */
export function readId(octets: Buffer, at: number): string {
  const [high, low] = [octets.readInt32BE(at), octets.readInt32BE(at + 4)];
  const slot = (high ^ low) & (ID_SLOTS - 1);
  const known = ids[slot];
  if (known !== undefined && known.high === high && known.low === low) return known.id;
  const id = octets.toString('hex', at, at + 8);
  ids[slot] = { id, high, low };
  return id;
}

/** Writes the octets of `id`, of 16 hexadecimal digits, or zeros for what is none; returns where they end. Hot. */
export function writeId(id: string, into: Buffer, at: number): number {
  if (id !== written.id) {
    const octets = Buffer.from(id, 'hex');
    const isId = octets.length === 8;
    written = {
      id,
      high: isId ? octets.readInt32BE(0) : 0,
      low: isId ? octets.readInt32BE(4) : 0,
    };
  }
  into.writeInt32BE(written.high, at);
  return into.writeInt32BE(written.low, at + 4);
}

interface KnownId {
  readonly id: string;
  readonly high: number;
  readonly low: number;
}

/** Powers of two. */
const SLOTS = 1024;
const ID_SLOTS = 64;
const names: ({ readonly name: string; readonly octets: Uint8Array } | undefined)[] = new Array(
  SLOTS,
).fill(undefined);
const ids: (KnownId | undefined)[] = new Array(ID_SLOTS).fill(undefined);
let written: KnownId = { id: '', high: 0, low: 0 };

const NAME = /^[a-zA-Z0-9\-_.:!]+$/;
