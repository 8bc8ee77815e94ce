/** NULL: no authentication and no encryption. Each side sends READY with its metadata (RFC 23, RFC 37). */

import { commandData, commandName, encodeCommand } from '../command.ts';
import { decodeMetadata, type Metadata } from '../metadata.ts';
import { type Handshake, type Mechanism, unexpectedCommand } from './mechanism.ts';

/** No security: READY both ways. */
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

  /** Neither side waits for the other's READY, as in libzmq, so that they cannot deadlock. */
  first(): Buffer {
    return encodeCommand('READY', this.#local);
  }

  step(command: Buffer): undefined {
    const name = commandName(command);
    if (name !== 'READY') throw unexpectedCommand(name, 'READY');
    this.#peer = decodeMetadata(commandData(command));
  }
}
