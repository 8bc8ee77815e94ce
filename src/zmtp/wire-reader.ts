/** WireReader: what one side of a connection says, for programs that listen in. */

import { COMMAND_FOUND, type DecoderLimits, FAILED, MESSAGE, NEED_MORE } from './assembler.ts';
import { commandData, commandName } from './command.ts';
import { Decoder } from './decoder.ts';
import { ZmtpError } from './errors.ts';
import type { Message } from './frame.ts';
import { GreetingDecoder } from './greeting.ts';

/** One thing that a side has said, told apart by `kind`. */
export type WireItem =
  | { kind: 'greeting'; version: string; mechanism: string }
  /** `name` is undefined where the body of the command is malformed. Under CURVE, `MESSAGE` is a sealed frame. */
  | { kind: 'command'; name: string | undefined; data: Buffer }
  | { kind: 'message'; message: Message }
  /** It is not ZMTP 3, or exceeds a limit. Nothing is read after that. */
  | { kind: 'error'; error: ZmtpError };

/** Reads the octets of one side of a connection, from the first on. ZMTP 3 over a stream; older versions are an error. */
export class WireReader {
  readonly #greeting = new GreetingDecoder();
  readonly #decoder: Decoder;
  #failed = false;

  /** `limits`: octets of a frame and parts of a message, at most. Default none. */
  constructor(limits: Partial<DecoderLimits> = {}) {
    const none = Number.POSITIVE_INFINITY;
    this.#decoder = new Decoder({ maxFrameSize: none, maxParts: none, ...limits });
  }

  /** What is complete with `chunk`, in order. It is not copied: parts and data are views of the chunks. */
  read(chunk: Buffer): WireItem[] {
    const items: WireItem[] = [];
    if (this.#failed) return items;
    try {
      this.#read(chunk, items);
    } catch (error) {
      if (!(error instanceof ZmtpError)) throw error;
      this.#failed = true;
      items.push({ kind: 'error', error });
    }
    return items;
  }

  #read(chunk: Buffer, items: WireItem[]): void {
    const decoder = this.#decoder;
    const greeting = this.#greeting;
    let taken = 0;
    if (!greeting.done) {
      taken = greeting.push(chunk);
      if (!greeting.done) return;
      const { version, mechanism } = greeting;
      items.push({ kind: 'greeting', version, mechanism });
    }
    decoder.push(chunk.subarray(taken));
    for (let found = decoder.next(); found !== NEED_MORE; found = decoder.next()) {
      if (found === FAILED) throw decoder.error;
      if (found === MESSAGE) items.push({ kind: 'message', message: decoder.message });
      if (found === COMMAND_FOUND) items.push({ kind: 'command', ...commandOf(decoder.command) });
    }
  }
}

function commandOf(body: Buffer): { name: string | undefined; data: Buffer } {
  const name = commandName(body);
  return { name, data: name === undefined ? body : commandData(body) };
}
