/**
 * StagedGreeting: a greeting that peers of ZMTP 2.0 and 1.0 understand, too. Each stage is sent once the octets of the peer
 * have shown that it understands it (RFC 37, "Version Negotiation"; RFC 15; RFC 13).
 *
 *     ff, size of our identity + 1 in 8 octets, 7f | 03 | 01 mechanism as-server 00×31       to 3.0 and later
 *     ff, size of our identity + 1 in 8 octets, 7f | 03 | socket type, frame of the identity       to 2.0
 *     ff, size of our identity + 1 in 8 octets, 7f | identity       to 1.0, which reads all of that as one frame
 */

import { zmtp1Header } from './frame.ts';
import {
  encodeGreeting,
  GREETING_SIZE,
  GreetingDecoder,
  notZmtp,
  type OlderPeer,
  unsupported,
} from './greeting.ts';
import { type SocketType, traitsOf } from './socket-type.ts';

/** What decides whether peers of older versions are accepted, and how they are greeted. */
export interface StagedGreetingOptions {
  readonly socketType: SocketType;
  /** At most 255 octets; undefined = none. */
  readonly routingId: Buffer | undefined;
  readonly mechanism: { readonly name: string };
  readonly judgesAll?: boolean;
  readonly minimumProtocolVersion?: number;
}

/** Undefined where no older version is spoken: where peers have to be authenticated, which older versions cannot do. */
export function stagedGreeting(options: StagedGreetingOptions): StagedGreeting | undefined {
  const { mechanism, judgesAll, socketType, minimumProtocolVersion = 3, routingId } = options;
  if (minimumProtocolVersion > 2 || mechanism.name !== 'NULL' || judgesAll) return undefined;
  const code = TYPES.indexOf(socketType);
  if (code < 0) return undefined;
  const identity = traitsOf(socketType).announcesIdentity ? routingId : undefined;
  return new StagedGreeting(code, identity ?? NO_OCTETS, minimumProtocolVersion < 2 ? 1 : 2);
}

/** Our greeting and the peer's, stage by stage, under the mechanism NULL. */
export class StagedGreeting {
  /** The first stage of our greeting; where the peer must speak 2.0 at least, it includes the version. */
  readonly ours: Buffer;
  /** Set by the last octet of an older peer's greeting. */
  older: OlderPeer | undefined;

  readonly #typeCode: number;
  readonly #identity: Buffer;
  readonly #minimum: 1 | 2;
  readonly #whole = encodeGreeting('NULL');
  readonly #greeting = new GreetingDecoder();
  /** The octets of the peer's greeting, until its version is known. */
  readonly #head: Buffer = Buffer.alloc(TYPE + 1);
  #length = 0;
  #modern = false;
  #sent: number;
  #due: Buffer[] = [];

  constructor(typeCode: number, identity: Buffer, minimum: 1 | 2) {
    this.#typeCode = typeCode;
    this.#identity = identity;
    this.#minimum = minimum;
    this.#whole.writeBigUInt64BE(BigInt(identity.length + 1), 1);
    this.#sent = minimum === 1 ? SIGNATURE_SIZE : SIGNATURE_SIZE + 1;
    this.ours = this.#whole.subarray(0, this.#sent);
  }

  get done(): boolean {
    return this.older !== undefined || this.#greeting.done;
  }

  /** 0 for 3.0 and before, 1 for 3.1 and later. */
  get minor(): number {
    return this.older === undefined ? this.#greeting.minor : 0;
  }

  checkMechanism(name: string): void {
    this.#greeting.checkMechanism(name);
  }

  /**
   * Takes what belongs to the greeting from the front of `chunk`; returns how many octets that were. Ask `answer` afterwards.
   * @throws ZmtpError `ERR_ZMTP_NOT_ZMTP`, `ERR_ZMTP_VERSION_UNSUPPORTED`
   */
  push(chunk: Buffer): number {
    let taken = 0;
    while (taken < chunk.length && !this.#modern && this.older === undefined) {
      this.#head[this.#length++] = chunk[taken++]!;
      this.#look();
    }
    return this.#modern ? taken + this.#greeting.push(chunk.subarray(taken)) : taken;
  }

  /** Further octets of our greeting, which those of the peer have made due; each is returned once. */
  answer(): Buffer {
    return Buffer.concat(this.#due.splice(0));
  }

  /** Examines the octet that has arrived last: what does it show of the peer's version? */
  #look(): void {
    const head = this.#head;
    const minimum = this.#minimum;
    const [first, last] = [head[0]!, head[this.#length - 1]!];
    // The size of a header of a frame of 1.0, flags included.
    const header = first === LONG_MARK ? SIGNATURE_SIZE : 2;
    if (this.#length === 1) {
      if (first !== LONG_MARK && (first === 0 || minimum > 1)) throw notZmtp('first', first);
    } else if (this.#length === header) {
      if (first === LONG_MARK && (last & 1) !== 0) this.#show(SIGNATURE_SIZE + 1);
      else if (last !== 0) throw notZmtp(header === 2 ? 'second' : 'tenth', last);
      else this.#unversioned();
    } else if (this.#length === REVISION + 1) {
      if (last > 2) this.#goOn();
      else if (last === 0 && minimum > 1) throw unsupported('1.0', minimum);
      else this.#due.push(Buffer.of(this.#typeCode), identityFrame(last, this.#identity));
    } else if (this.#length === TYPE + 1) {
      const socketType = TYPES[last] ?? `no. ${last}`;
      // Revision 0 has the greeting of 2.0 and the frames of 1.0.
      this.older = { major: head[REVISION]! > 0 ? 2 : 1, socketType, head: NO_OCTETS };
    }
  }

  /** The peer speaks 3.0 or later. */
  #goOn(): void {
    this.#show(GREETING_SIZE);
    this.#modern = true;
    this.#greeting.push(this.#head.subarray(0, this.#length));
  }

  /** The peer speaks 1.0: its octets so far are the header of its first frame, and ours were that of our first one. */
  #unversioned(): void {
    if (this.#minimum > 1) throw unsupported('1.0', this.#minimum);
    this.#due.push(this.#identity);
    const head = Buffer.from(this.#head.subarray(0, this.#length));
    this.older = { major: 1, socketType: '', head };
  }

  /** Makes our greeting due up to its octet `end`. */
  #show(end: number): void {
    if (end > this.#sent) this.#due.push(this.#whole.subarray(this.#sent, end));
    this.#sent = Math.max(this.#sent, end);
  }
}

function identityFrame(revision: number, identity: Buffer): Buffer {
  const header = revision === 0 ? zmtp1Header(0, identity.length) : Buffer.of(0, identity.length);
  return Buffer.concat([header, identity]);
}

/** Socket types, by their codes in the greeting of 2.0. RFC 15 has no XPUB and XSUB; these are the codes of libzmq. */
const TYPES: readonly string[] = [
  'PAIR',
  'PUB',
  'SUB',
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PULL',
  'PUSH',
  'XPUB',
  'XSUB',
];

const NO_OCTETS: Buffer = Buffer.alloc(0);
const LONG_MARK = 0xff;
const SIGNATURE_SIZE = 10;
const REVISION = 10;
const TYPE = 11;
