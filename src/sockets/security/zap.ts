/**
 * Zap: asks the handler at `inproc://zeromq.zap.01` whether a peer may come in (RFC 27).
 *
 *     request   "" "1.0" id domain address identity mechanism credentials…
 *     reply     "" "1.0" id status text user-id metadata
 */

import { decodeMetadata, type Verdict, ZmtpError, type ZmtpErrorCode } from '../../zmtp/index.ts';
import type { Message } from '../message.ts';
import type { AuthenticationRequest } from './choice.ts';

/** Where the handler is bound. */
export const ZAP_ENDPOINT: string = 'inproc://zeromq.zap.01';

/** What carries the frames: a DEALER connected to the handler. */
export interface ZapChannel {
  trySend(message: Message): boolean;
  tryReceive(): Message | undefined;
  close(): void;
}

/** Asks one handler, for all sockets of a context, until that handler is gone. */
export class Zap {
  /** The handler has left: the next request goes to another one. */
  gone = false;
  readonly #channel: ZapChannel;
  readonly #asked = new Map<string, Asked>();
  #counter = 0;

  /** `open` gives the channel, which then tells this object what happens. */
  constructor(open: (zap: Zap) => ZapChannel) {
    this.#channel = open(this);
  }

  /**
   * The handler's verdict. Rejects with a ZmtpError `ERR_ZAP_*` for a reply that breaks the rules, and with `EPIPE` when
   * the handler leaves. It may never settle, if the handler does not answer: the handshake's time limit ends that, and
   * `signal` has the question forgotten then.
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
        resolve({ status: 300, cause: new Error('the handler has too many questions') });
        return;
      }
      signal.addEventListener('abort', () => this.#asked.delete(id), { once: true });
    });
  }

  /** @internal Something may have come. */
  arrived(): void {
    for (let reply = this.#channel.tryReceive(); reply; reply = this.#channel.tryReceive()) {
      this.#answered(reply);
    }
  }

  /** @internal The handler has left. */
  left(): void {
    if (this.gone) return;
    this.gone = true;
    // The channel is still busy telling us.
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

  /** Which question a reply with this id answers; undefined = one that nobody waits for any more. */
  #meant(id: Buffer | undefined): string | undefined {
    const text = String(id);
    if (this.#asked.has(text)) return text;
    if (/^[1-9]\d{0,15}$/.test(text) && Number(text) <= this.#counter) return undefined;
    // Without an id of ours it can only be for whoever has waited longest.
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

/** As libzmq has it in the event. */
function handlerLeft(): Error {
  const error = new Error(`the handler at ${ZAP_ENDPOINT} has left`);
  return Object.assign(error, { code: 'EPIPE', errno: 32 });
}

type ZapFault<C = ZmtpErrorCode> = C extends `ERR_ZAP_${infer Fault}` ? Fault : never;

const VERSION = '1.0';
const REPLY_PARTS = 7;
