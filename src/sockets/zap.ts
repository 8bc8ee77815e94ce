/**
 * Zap: asks the handler at `inproc://zeromq.zap.01` whether a peer may come in (RFC 27).
 *
 *     request   "" "1.0" id domain address identity mechanism credentials…
 *     reply     "" "1.0" id status text user-id metadata
 */

import { decodeMetadata, type Verdict, ZmtpError, type ZmtpErrorCode } from '../zmtp/index.ts';
import type { Message } from './message.ts';
import type { AuthenticationRequest } from './security.ts';

/** What carries the frames: a DEALER connected to the handler. */
export interface ZapChannel {
  trySend(message: Message): boolean;
  receive(): Promise<Message>;
}

/** Asks one handler, for all sockets of a context. */
export class Zap {
  readonly #channel: ZapChannel;
  readonly #asked = new Map<string, Asked>();
  #counter = 0;
  #reading = false;

  constructor(channel: ZapChannel) {
    this.#channel = channel;
  }

  /**
   * The handler's verdict. Rejects with a ZmtpError `ERR_ZAP_*` for a reply that breaks the rules; never settles when
   * the handler does not answer: the handshake's time limit ends that.
   */
  ask(request: AuthenticationRequest): Promise<Verdict> {
    const id = String(++this.#counter);
    const { domain, address, identity, mechanism, credentials } = request;
    const texts = ['', VERSION, id, domain, address].map((text) => Buffer.from(text));
    const message = [...texts, identity, Buffer.from(mechanism), ...credentials];
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      if (!this.#channel.trySend(message)) this.#settle(id, () => resolve({ status: 500 }));
      else void this.#read();
    });
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    while (this.#asked.size > 0) this.#answered(await this.#channel.receive());
    this.#reading = false;
  }

  #answered(reply: Message): void {
    const [empty, version, id, status, , userId, metadata] = reply;
    const known = id === undefined ? undefined : this.#asked.get(String(id));
    // Without its id a reply can only be for whoever has waited longest.
    const key = known === undefined ? [...this.#asked.keys()][0] : String(id);
    if (key === undefined) return;
    const asked = this.#asked.get(key)!;
    this.#settle(key, () => {
      try {
        if (reply.length !== REPLY_PARTS || empty!.length > 0) throw bad('MALFORMED_REPLY');
        if (String(version) !== VERSION) throw bad('BAD_VERSION');
        if (known === undefined) throw bad('BAD_REQUEST_ID');
        if (!/^[2345]00$/.test(String(status))) throw bad('INVALID_STATUS_CODE');
        const properties = decoded(metadata!);
        asked.resolve({ status: Number(status), userId: String(userId), metadata: properties });
      } catch (error) {
        asked.reject(error as Error);
      }
    });
  }

  #settle(id: string, settle: () => void): void {
    this.#asked.delete(id);
    settle();
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

type ZapFault<C = ZmtpErrorCode> = C extends `ERR_ZAP_${infer Fault}` ? Fault : never;

const VERSION = '1.0';
const REPLY_PARTS = 7;
