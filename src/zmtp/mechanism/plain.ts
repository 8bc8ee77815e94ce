/**
 * PLAIN: a user name and a password in the clear (RFC 24).
 *
 *     client                      server
 *     HELLO user password    →    (has the credentials judged)
 *                            ←    WELCOME
 *     INITIATE metadata      →
 *                            ←    READY metadata
 */

import { commandData, commandName, decodeError, encodeCommand } from '../command.ts';
import { ZmtpError } from '../errors.ts';
import { decodeMetadata, type Metadata } from '../metadata.ts';
import {
  type Credentials,
  type Handshake,
  type Mechanism,
  refusedByPeer,
  unexpectedCommand,
} from './mechanism.ts';

/** The mechanism PLAIN for the side that sends a user name and a password, each of 0 to 255 octets. */
export function plainClient(username: Buffer, password: Buffer): Mechanism {
  return { name: 'PLAIN', begin: (local) => new PlainClient(local, username, password) };
}

/** The mechanism PLAIN for the side that has the peer's user name and password judged. */
export function plainServer(): Mechanism {
  return { name: 'PLAIN', begin: (local) => new PlainServer(local) };
}

class PlainClient implements Handshake {
  peer: Metadata | undefined;
  readonly #local: Buffer;
  readonly #hello: Buffer;
  #expects: 'WELCOME' | 'READY' = 'WELCOME';

  constructor(local: Buffer, username: Buffer, password: Buffer) {
    this.#local = local;
    const credentials = [
      Buffer.of(username.length),
      username,
      Buffer.of(password.length),
      password,
    ];
    this.#hello = encodeCommand('HELLO', Buffer.concat(credentials));
  }

  first(): Buffer {
    return this.#hello;
  }

  step(command: Buffer): Buffer | undefined {
    // libzmq writes the ERROR of PLAIN with a slip, "\x5eRROR" for "\x05ERROR".
    if (command.length >= 6 && command.subarray(0, 5).equals(CORRUPT_ERROR)) {
      throw refusedByPeer(decodeError(command.subarray(5)));
    }
    const name = commandName(command);
    if (name !== this.#expects) throw unexpectedCommand(name, this.#expects);
    const data = commandData(command);
    if (name === 'WELCOME') {
      if (data.length > 0) throw malformed('WELCOME', `${data.length} octets of data`);
      this.#expects = 'READY';
      return encodeCommand('INITIATE', this.#local);
    }
    this.peer = decodeMetadata(data);
    return undefined;
  }
}

class PlainServer implements Handshake {
  peer: Metadata | undefined;
  credentials: Credentials | undefined;
  readonly #local: Buffer;
  #expects: 'HELLO' | 'INITIATE' = 'HELLO';

  constructor(local: Buffer) {
    this.#local = local;
  }

  first(): undefined {}

  step(command: Buffer): Buffer | undefined {
    const name = commandName(command);
    if (name !== this.#expects) throw unexpectedCommand(name, this.#expects);
    const data = commandData(command);
    if (name === 'INITIATE') {
      this.peer = decodeMetadata(data);
      return encodeCommand('READY', this.#local);
    }
    const userEnd = 1 + (data[0] ?? 0);
    const passwordEnd = userEnd + 1 + (data[userEnd] ?? 0);
    if (data.length === 0 || userEnd >= data.length || passwordEnd !== data.length) {
      throw malformed('HELLO', 'user name and password do not fill it exactly');
    }
    const [username, password] = [data.subarray(1, userEnd), data.subarray(userEnd + 1)];
    this.credentials = [Buffer.from(username), Buffer.from(password)];
    return undefined;
  }

  accept(): Buffer {
    this.credentials = undefined;
    this.#expects = 'INITIATE';
    return encodeCommand('WELCOME');
  }
}

function malformed(command: 'HELLO' | 'WELCOME', what: string): ZmtpError {
  return new ZmtpError(
    `ERR_ZMTP_MALFORMED_COMMAND_${command}`,
    `malformed ${command} command: ${what}`,
  );
}

const CORRUPT_ERROR = Buffer.from('\x5eRROR', 'latin1');
