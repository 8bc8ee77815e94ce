/** SocksExchange: the exchange of a client with a SOCKS5 proxy before the proxy relays (RFC 1928, RFC 1929), without I/O. */

import { isIPv4, isIPv6 } from 'node:net';
import type { SocketErrorCode } from '../errors.ts';
import type { Exchange } from './exchange.ts';

/** The target of a connection, and the user at the proxy. */
export interface SocksRequest {
  /** An IP literal without brackets, or a name, which the proxy resolves. At most 255 octets. */
  readonly host: string;
  readonly port: number;
  /** 1 to 255 octets; undefined = only a proxy without authentication can be used. */
  readonly username?: string | undefined;
  /** Up to 255 octets; default: none. */
  readonly password?: string | undefined;
}

/** The proxy refused the connection, or does not speak SOCKS5. */
export class SocksError extends Error {
  /** The code of a connection without a proxy that fails for the same reason; `EPROTO` for what is not SOCKS5. */
  readonly code: SocketErrorCode | 'EPROTO';

  constructor(code: SocketErrorCode | 'EPROTO', message: string) {
    super(message);
    this.code = code;
  }
}

/** The exchange for one connection. */
export class SocksExchange implements Exchange {
  /** The proxy relays from now on. */
  done = false;
  /** Octets that the proxy has sent behind its reply: the first ones of the peer. */
  rest: Buffer = Buffer.alloc(0);

  readonly #request: SocksRequest;
  #step: (buffered: Buffer) => Step | undefined = (buffered) => this.#method(buffered);
  #buffered: Buffer = Buffer.alloc(0);

  constructor(request: SocksRequest) {
    this.#request = request;
  }

  /** The octets that open the exchange: the methods of authentication that we offer. */
  first(): Buffer {
    const methods = this.#request.username === undefined ? [NO_NAME] : [NO_NAME, PASSWORD];
    return Buffer.from([VERSION, methods.length, ...methods]);
  }

  /**
   * Takes octets of the proxy, and returns what to answer; empty = nothing yet.
   * @throws SocksError `EACCES`, `ENETUNREACH`, `EHOSTUNREACH`, `ECONNREFUSED`, `ETIMEDOUT`, `ENOTSUP`, `ECONNABORTED`,
   * `EPROTO`: the proxy refuses, or does not speak SOCKS5
   */
  receive(chunk: Buffer): Buffer {
    this.#buffered = Buffer.concat([this.#buffered, chunk]);
    const answers: Buffer[] = [];
    while (!this.done) {
      const step = this.#step(this.#buffered);
      if (step === undefined) return Buffer.concat(answers);
      this.#buffered = this.#buffered.subarray(step.taken);
      if (step.next === undefined) this.done = true;
      else this.#step = step.next;
      if (step.answer !== undefined) answers.push(step.answer);
    }
    this.rest = this.#buffered;
    return Buffer.concat(answers);
  }

  #method(buffered: Buffer): Step | undefined {
    expect(buffered, 0, VERSION, 'the version of SOCKS');
    if (buffered.length < 2) return undefined;
    const next = (later: Buffer): Step | undefined => this.#reply(later);
    const method = buffered[1];
    const { username, password = '' } = this.#request;
    if (method === NO_NAME) return { taken: 2, answer: encodeConnect(this.#request), next };
    if (method === PASSWORD && username !== undefined) {
      const answer = Buffer.concat([Buffer.from([1]), counted(username), counted(password)]);
      return { taken: 2, answer, next: (later) => this.#verdict(later) };
    }
    if (method !== NONE_ACCEPTABLE) {
      throw new SocksError('EPROTO', `chooses method ${hex(method!)}, which was not offered`);
    }
    const how = username === undefined ? 'without socksUsername' : 'by user name and password';
    throw new SocksError('EACCES', `does not let us in ${how}`);
  }

  #verdict(buffered: Buffer): Step | undefined {
    if (buffered.length < 2) return undefined;
    if (buffered[1] !== 0) throw new SocksError('EACCES', 'refuses the user name or password');
    return {
      taken: 2,
      answer: encodeConnect(this.#request),
      next: (later) => this.#reply(later),
    };
  }

  #reply(buffered: Buffer): Step | undefined {
    expect(buffered, 0, VERSION, 'the version of SOCKS');
    if (buffered.length < 2) return undefined;
    const reply = buffered[1]!;
    if (reply !== 0) {
      const { host, port } = this.#request;
      const [code, text] = REPLIES[reply] ?? ['ECONNABORTED', `reply ${hex(reply)}`];
      throw new SocksError(code, `cannot connect to ${host} port ${port}: ${text}`);
    }
    if (buffered.length < 5) return undefined;
    const kind = buffered[3]!;
    // The address that the proxy connects from is of no use to us, but has to be skipped.
    const size = kind === NAME ? 1 + buffered[4]! : ADDRESS_SIZES[kind];
    if (size === undefined) throw new SocksError('EPROTO', `sends address type ${hex(kind)}`);
    const taken = 4 + size + 2;
    return buffered.length < taken ? undefined : { taken };
  }
}

/** What a message of the proxy leads to; without `next` the exchange has finished. */
interface Step {
  /** Octets of the message. */
  readonly taken: number;
  readonly answer?: Buffer;
  readonly next?: (buffered: Buffer) => Step | undefined;
}

function encodeConnect({ host, port }: SocksRequest): Buffer {
  const target = Buffer.alloc(2);
  target.writeUInt16BE(port);
  return Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), encodeHost(host), target]);
}

function encodeHost(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([IPV4, ...host.split('.').map(Number)]);
  if (isIPv6(host)) return Buffer.from([IPV6, ...ipv6Octets(host)]);
  return Buffer.concat([Buffer.from([NAME]), counted(host)]);
}

/** The sixteen octets of a valid IPv6 address; its zone means nothing at the proxy. */
function ipv6Octets(text: string): number[] {
  const plain = text.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const [high, low] = [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)];
    return `${high.toString(16)}:${low.toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

/** `text` behind its length in one octet. */
function counted(text: string): Buffer {
  const octets = Buffer.from(text);
  return Buffer.concat([Buffer.from([octets.length]), octets]);
}

function expect(buffered: Buffer, at: number, wanted: number, what: string): void {
  const octet = buffered[at];
  if (octet === undefined || octet === wanted) return;
  throw new SocksError('EPROTO', `sends ${hex(octet)} as ${what}, expected ${hex(wanted)}`);
}

function hex(octet: number): string {
  return `0x${octet.toString(16).padStart(2, '0')}`;
}

const VERSION = 5;
const CONNECT = 1;
/** Methods of authentication. */
const NO_NAME = 0x00;
const PASSWORD = 0x02;
const NONE_ACCEPTABLE = 0xff;
/** Types of addresses. */
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;
const ADDRESS_SIZES: Readonly<Record<number, number>> = { [IPV4]: 4, [IPV6]: 16 };

/** RFC 1928, section 6. */
const REPLIES: Readonly<Record<number, readonly [SocketErrorCode, string]>> = {
  1: ['ECONNABORTED', 'general failure'],
  2: ['EACCES', 'not allowed by its rules'],
  3: ['ENETUNREACH', 'network unreachable'],
  4: ['EHOSTUNREACH', 'host unreachable'],
  5: ['ECONNREFUSED', 'connection refused'],
  6: ['ETIMEDOUT', 'time to live expired'],
  7: ['ENOTSUP', 'it does not connect for others'],
  8: ['ENOTSUP', 'it does not know this type of address'],
};
