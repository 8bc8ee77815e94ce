/**
 * Upgrade: what a client and a server of WebSocket exchange in HTTP before the first frame (RFC 6455, section 4), without I/O.
 * The sub-protocol that they agree on names the mechanism (RFC 45).
 */

import { createHash } from 'node:crypto';
import { ZmtpError } from '../../zmtp/index.ts';
import type { Exchange } from './exchange.ts';

/** What a client asks for. */
export interface UpgradeRequest {
  /** Host and port, such as `example.org:8080`, for the header `Host`. */
  readonly authority: string;
  /** The path, from its slash on. */
  readonly path: string;
  /** Sub-protocols, the best first. */
  readonly protocols: readonly string[];
  /** Sixteen random octets in base64, for the header `Sec-WebSocket-Key`. */
  readonly key: string;
}

/** What a server offers. */
export interface UpgradeOffer {
  /** The path that it serves; `/` = all. */
  readonly path: string;
  /** Sub-protocols, the best first. */
  readonly protocols: readonly string[];
}

/** The other side broke the rules of the upgrade, or refused it. */
export class UpgradeError extends ZmtpError {
  /** The HTTP response that a client gets before the connection is closed; undefined = none. */
  readonly farewell: Buffer | undefined;
  /** The HTTP status with which a server refused; 0 for any other error. */
  readonly httpStatus: number;

  constructor(message: string, farewell?: Buffer, httpStatus = 0) {
    super('ERR_WS_UPGRADE', message);
    this.farewell = farewell;
    this.httpStatus = httpStatus;
  }
}

/** One side of the upgrade, which reads the first line and the headers of the other side. */
abstract class Upgrade implements Exchange {
  done = false;
  rest: Buffer = NO_OCTETS;
  /** The sub-protocol that was agreed on; empty before `done`. */
  protocol = '';
  #head: Buffer = NO_OCTETS;

  abstract first(): Buffer;

  /** @throws ZmtpError `ERR_WS_UPGRADE` */
  receive(chunk: Buffer): Buffer {
    // What follows the head may be large, and is not copied.
    const before = this.#head.length;
    const head = Buffer.concat([this.#head, chunk.subarray(0, HEAD_MAX + 1 - before)]);
    this.#head = head;
    const { start } = this;
    const begun = Math.min(start.length, head.length);
    if (head.toString('latin1', 0, begun) !== start.slice(0, begun)) throw this.notHttp();
    const end = head.indexOf(HEAD_END);
    if (end === -1 || end + HEAD_END.length > HEAD_MAX) {
      if (head.length <= HEAD_MAX) return NO_OCTETS;
      throw this.wrong(431, `more than ${HEAD_MAX} octets of headers`);
    }
    const [line = '', ...fields] = head.toString('latin1', 0, end).split('\r\n');
    const answer = this.answer(line, this.#headers(fields));
    this.rest = chunk.subarray(end + HEAD_END.length - before);
    this.done = true;
    return answer;
  }

  /** What the first line of the other side begins with. */
  protected abstract readonly start: string;

  /** Checks the first line and the headers of the other side, and returns the octets to answer. */
  protected abstract answer(line: string, headers: Headers): Buffer;

  /** The error for a head with the defect `what`, which a server answers with the HTTP status `status`. */
  protected abstract wrong(status: number, what: string): UpgradeError;

  protected notHttp(): UpgradeError {
    return new UpgradeError(`peer begins with other octets than ${JSON.stringify(this.start)}`);
  }

  /** Headers by their names in lower case; the values of one that occurs twice are joined to a list. */
  #headers(fields: readonly string[]): Headers {
    const headers = new Map<string, string>();
    for (const field of fields) {
      const colon = field.indexOf(':');
      const name = field.slice(0, Math.max(0, colon)).toLowerCase();
      const value = field.slice(colon + 1).trim();
      if (!NAME.test(name) || !VALUE.test(value)) throw this.wrong(400, 'a malformed header');
      const others = headers.get(name);
      headers.set(name, others === undefined ? value : `${others}, ${value}`);
    }
    return headers;
  }
}

/** The client's side: sends the request, and checks the answer. */
export class ClientUpgrade extends Upgrade {
  protected readonly start = 'HTTP/1.1 ';
  readonly #request: UpgradeRequest;

  constructor(request: UpgradeRequest) {
    super();
    this.#request = request;
  }

  first(): Buffer {
    const { authority, path, protocols, key } = this.#request;
    return encodeHead(`GET ${path} HTTP/1.1`, [
      ['Host', authority],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', key],
      ['Sec-WebSocket-Protocol', protocols.join(', ')],
      ['Sec-WebSocket-Version', '13'],
    ]);
  }

  protected answer(line: string, headers: Headers): Buffer {
    const [, status, reason] = STATUS_LINE.exec(line) ?? [];
    if (status === undefined) throw this.wrong(0, 'a malformed status line');
    if (status !== '101') {
      const message = `peer refuses the upgrade: ${`${status} ${reason}`.trim()}`;
      throw new UpgradeError(message, undefined, Number(status));
    }
    if (!tokens(headers, 'upgrade').includes('websocket'))
      throw this.wrong(0, 'no Upgrade to WebSocket');
    if (!tokens(headers, 'connection').includes('upgrade'))
      throw this.wrong(0, 'no Connection: Upgrade');
    const { protocols, key } = this.#request;
    if (headers.get('sec-websocket-accept') !== acceptKey(key)) {
      throw this.wrong(0, 'a Sec-WebSocket-Accept of another key');
    }
    // Frames of an extension that was not asked for could not be read.
    if (headers.has('sec-websocket-extensions')) throw this.wrong(0, 'an extension');
    const protocol = headers.get('sec-websocket-protocol');
    if (protocol === undefined || !protocols.includes(protocol)) {
      const named = protocol === undefined ? 'no sub-protocol' : JSON.stringify(protocol);
      throw new UpgradeError(`peer agrees to ${named}, expected ${protocols.join(' or ')}`);
    }
    this.protocol = protocol;
    return NO_OCTETS;
  }

  protected wrong(_status: number, what: string): UpgradeError {
    return new UpgradeError(`peer answers with ${what}`);
  }
}

/** The server's side: checks the request, and answers it. */
export class ServerUpgrade extends Upgrade {
  protected readonly start = 'GET ';
  readonly #offer: UpgradeOffer;

  constructor(offer: UpgradeOffer) {
    super();
    this.#offer = offer;
  }

  first(): Buffer {
    return NO_OCTETS;
  }

  protected answer(line: string, headers: Headers): Buffer {
    const [, path] = REQUEST_LINE.exec(line) ?? [];
    if (path === undefined) throw this.wrong(400, 'a malformed request line');
    if (!headers.has('host')) throw this.wrong(400, 'no Host');
    // Octets of a body would be read as frames.
    const hasBody = (headers.get('content-length') ?? '0') !== '0';
    if (hasBody || headers.has('transfer-encoding')) throw this.wrong(400, 'a body');
    const { path: served, protocols } = this.#offer;
    if (served !== '/' && path !== served) throw this.wrong(404, 'a path that is not served here');
    const asks =
      tokens(headers, 'upgrade').includes('websocket') &&
      tokens(headers, 'connection').includes('upgrade');
    if (!asks) throw this.wrong(426, 'no upgrade to WebSocket');
    const version = headers.get('sec-websocket-version');
    if (version !== '13') throw this.wrong(426, 'another version of WebSocket than 13');
    const key = headers.get('sec-websocket-key') ?? '';
    if (!KEY.test(key)) throw this.wrong(400, 'a malformed Sec-WebSocket-Key');
    const asked = items(headers.get('sec-websocket-protocol'));
    const protocol = protocols.find((ours) => asked.includes(ours));
    if (protocol === undefined) {
      throw this.wrong(400, `no sub-protocol ${protocols.join(' or ')}`);
    }
    this.protocol = protocol;
    return encodeHead('HTTP/1.1 101 Switching Protocols', [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', acceptKey(key)],
      ['Sec-WebSocket-Protocol', protocol],
    ]);
  }

  protected override notHttp(): UpgradeError {
    const { message } = super.notHttp();
    return new UpgradeError(message, response(400, message));
  }

  protected wrong(status: number, what: string): UpgradeError {
    const message = `peer asks with ${what}`;
    return new UpgradeError(message, response(status, message));
  }
}

type Headers = ReadonlyMap<string, string>;

/** Proves that the request was read by a WebSocket server (RFC 6455, section 4.2.2). */
function acceptKey(key: string): string {
  return createHash('sha1').update(key).update(GUID).digest('base64');
}

function response(status: number, text: string): Buffer {
  const body = `${text}\n`;
  const head = encodeHead(`HTTP/1.1 ${status} ${REASONS[status]}`, [
    ['Connection', 'close'],
    ['Content-Type', 'text/plain'],
    ['Content-Length', String(body.length)],
    ...(status === 426 ? ([['Sec-WebSocket-Version', '13']] as const) : []),
  ]);
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
}

function encodeHead(line: string, fields: readonly (readonly [string, string])[]): Buffer {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${line}\r\n${lines.join('')}\r\n`, 'latin1');
}

function tokens(headers: Headers, name: string): string[] {
  return items(headers.get(name)?.toLowerCase());
}

function items(list = ''): string[] {
  return list.split(',').map((item) => item.trim());
}

/** Octets of a first line and headers at most, with the empty line that ends them. */
const HEAD_MAX = 8192;
const HEAD_END = '\r\n\r\n';
const NO_OCTETS: Buffer = Buffer.alloc(0);

const REQUEST_LINE = /^GET (\/[!-~]*) HTTP\/1\.1$/;
const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d)(?: ([ -~]*))?$/;
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^[\t -~\x80-\xff]*$/;
/** Sixteen octets in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  426: 'Upgrade Required',
  431: 'Request Header Fields Too Large',
};
