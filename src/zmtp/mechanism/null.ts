/** NULL: no authentication and no encryption. Each side sends READY with its metadata (RFC 23, RFC 37). */

import { commandData, commandName, encodeCommand } from '../command.ts';
import { ZmtpError } from '../errors.ts';
import { decodeMetadata, type Metadata } from '../metadata.ts';
import type { Handshake, Mechanism } from './mechanism.ts';

export const nullMechanism: Mechanism = {
  name: 'NULL',
  begin: (local) => new NullHandshake(local),
};

class NullHandshake implements Handshake {
  readonly #local: Buffer;
  #peer: Metadata | undefined;

  constructor(local: Buffer) {
    this.#local = local;
  }

  get peer(): Metadata | undefined {
    return this.#peer;
  }

  /** READY at once in both roles, as libzmq does: it can never deadlock. */
  first(): Buffer {
    return encodeCommand('READY', this.#local);
  }

  step(command: Buffer): undefined {
    const name = commandName(command);
    if (name !== 'READY') {
      throw new ZmtpError(
        'ERR_ZMTP_UNEXPECTED_COMMAND',
        `peer sent ${JSON.stringify(name?.slice(0, 32) ?? '')} in the handshake, expected READY`,
      );
    }
    this.#peer = decodeMetadata(commandData(command));
  }
}
