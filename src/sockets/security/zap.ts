/**
 * Zap: asks the handler at `inproc://zeromq.zap.01` whether to admit a peer (RFC 27).
 *
 *     request   "" "1.0" id domain address identity mechanism credentials…
 *     reply     "" "1.0" id status text user-id metadata
 */

import { decodeMetadata, type Verdict, ZmtpError, type ZmtpErrorCode } from '../../zmtp/index.ts';
import type { Message } from '../message.ts';
import type { AuthenticationRequest } from './choice.ts';

/** The endpoint where the handler is bound. */
export const ZAP_ENDPOINT: string = 'inproc://zeromq.zap.01';

/** Carries requests and replies: a DEALER connected to the handler. */
export interface ZapChannel {
  trySend(message: Message): boolean;
  tryReceive(): Message | undefined;
  close(): void;
}

/** Asks one handler, for all sockets of a context, until that handler has closed. */
export class Zap {
  /** Whether the handler has closed: the next request needs another `Zap`. */
  gone = false;
  readonly #channel: ZapChannel;
  readonly #asked = new Map<string, Asked>();
  #counter = 0;

  /** `open` returns the channel, which calls `arrived` and `left` of this object. */
  constructor(open: (zap: Zap) => ZapChannel) {
    this.#channel = open(this);
  }

  /**
   * The handler's verdict. Rejects with a ZmtpError `ERR_ZAP_*` for a reply that breaks the rules, and with `EPIPE` when the
   * handler closes. May never settle if the handler does not reply: the handshake's time limit ends that, and then `signal`
   * discards the request.
   */
  ask(request: AuthenticationRequest, signal: AbortSignal): Promise<Verdict> {
    if (this.gone) return Promise.reject(handlerLeft());
    const id = String(++this.#counter);
    const { domain, address, identity, mechanism, credentials } = request;
    const texts = ['', VERSION, id, domain, address].map((text) => Buffer.from(text));
    const message = [...texts, identity, Buffer.from(mechanism), ...credentials];
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      if (!this.#channel.trySend(message)) {
        this.#asked.delete(id);
        // Its queue is full. The peer may try again.
        resolve({ status: 300, cause: new Error('the queue of the handler is full') });
        return;
      }
      signal.addEventListener('abort', () => this.#asked.delete(id), { once: true });
    });
  }

  /** @internal Replies may have arrived. */
  arrived(): void {
    for (let reply = this.#channel.tryReceive(); reply; reply = this.#channel.tryReceive()) {
      this.#answered(reply);
    }
  }

  /** @internal The handler has closed. */
  left(): void {
    if (this.gone) return;
    this.gone = true;
    // The channel is still within the call that reports this.
    process.nextTick(() => this.#channel.close());
    for (const { reject } of this.#asked.values()) reject(handlerLeft());
    this.#asked.clear();
  }

  #answered(reply: Message): void {
    const [empty, version, id, status, text, userId, metadata] = reply;
    const key = this.#meant(id);
    if (key === undefined) return;
    const { resolve, reject } = this.#asked.get(key)!;
    this.#asked.delete(key);
    try {
      if (reply.length !== REPLY_PARTS || empty!.length > 0) throw bad('MALFORMED_REPLY');
      if (String(version) !== VERSION) throw bad('BAD_VERSION');
      if (String(id) !== key) throw bad('BAD_REQUEST_ID');
      if (!/^[2345]00$/.test(String(status))) throw bad('INVALID_STATUS_CODE');
      const properties = decoded(metadata!);
      const cause = text!.length > 0 ? { cause: new Error(String(text)) } : {};
      const verdict = { status: Number(status), userId: String(userId), metadata: properties };
      resolve({ ...verdict, ...cause });
    } catch (error) {
      reject(error as Error);
    }
  }

  /** The id of the request that a reply with this `id` answers; undefined if that request was discarded. */
  #meant(id: Buffer | undefined): string | undefined {
    const text = String(id);
    if (this.#asked.has(text)) return text;
    if (/^[1-9]\d{0,15}$/.test(text) && Number(text) <= this.#counter) return undefined;
    // A reply with an id that was never sent is taken as the answer to the oldest request, which then fails.
    return this.#asked.keys().next().value;
  }
}

interface Asked {
  resolve(verdict: Verdict): void;
  reject(error: Error): void;
}

function decoded(metadata: Buffer): ReturnType<typeof decodeMetadata> {
  try {
    return decodeMetadata(metadata);
  } catch {
    throw bad('INVALID_METADATA');
  }
}

function bad(what: ZapFault): ZmtpError {
  return new ZmtpError(
    `ERR_ZAP_${what}`,
    `ZAP protocol error: ${what.toLowerCase().replaceAll('_', ' ')}`,
    'local',
  );
}

/** The error that libzmq has in the event. */
function handlerLeft(): Error {
  const error = new Error(`the handler at ${ZAP_ENDPOINT} has left`);
  return Object.assign(error, { code: 'EPIPE', errno: 32 });
}

type ZapFault<C = ZmtpErrorCode> = C extends `ERR_ZAP_${infer Fault}` ? Fault : never;

const VERSION = '1.0';
const REPLY_PARTS = 7;
