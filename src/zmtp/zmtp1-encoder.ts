/** Zmtp1Encoder: messages to frames of ZMTP 1.0 (RFC 13), whose layout is in zmtp1-decoder.ts. */

import { COPY_MAX, Encoder } from './encoder.ts';
import { type Message, MORE, zmtp1Header } from './frame.ts';

/** Encodes messages to octets for a peer of ZMTP 1.0, which has no commands. */
export class Zmtp1Encoder extends Encoder {
  override message(message: Message): void {
    const last = message.length - 1;
    for (let i = 0; i <= last; i++) {
      const part = message[i]!;
      const header = zmtp1Header(i < last ? MORE : 0, part.length);
      if (part.length <= COPY_MAX) {
        this.raw(Buffer.concat([header, part]));
      } else {
        this.raw(header);
        this.raw(part);
      }
    }
  }

  override command(): void {}
}
