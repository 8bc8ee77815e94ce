/** A server of CURVE and a client whose keys a test holds, and the ways in which a HELLO can be wrong. */

import { curveKeyPair } from '../../../src/index.ts';
import { curveClient } from '../../../src/zmtp/mechanism/curve-client.ts';
import { generateKeyPair, importKeyPair } from '../../../src/zmtp/mechanism/curve-key-pair.ts';
import { decodeZ85 } from '../../../src/zmtp/mechanism/z85.ts';
import { encodeMetadata } from '../../../src/zmtp/metadata.ts';
import { command, frame, ready } from '../raw-peer.ts';

export const server = curveKeyPair();
export const client = curveKeyPair();
export const asServer = { curveServer: true, curveSecretKey: server.secretKey };
export const asClient = {
  curveServerKey: server.publicKey,
  curvePublicKey: client.publicKey,
  curveSecretKey: client.secretKey,
};
export const dealer = encodeMetadata([['Socket-Type', Buffer.from('DEALER')]]);
export const mechanism = curveClient(
  importKeyPair(decodeZ85(client.secretKey)),
  decodeZ85(server.publicKey),
);

/** The body of a lawful HELLO. */
export const hello = (): Buffer => Buffer.from(mechanism.begin(dealer).first()!);

/** A command body as a frame. */
export function wire(body: Buffer): Buffer {
  return frame(body, 0x04);
}

/** `body` with one octet changed: to this one, or in one bit. */
export function changed(body: Buffer, at: number, octet?: number): Buffer {
  const copy = Buffer.from(body);
  copy[at] = octet ?? copy[at]! ^ 1;
  return copy;
}

/** What stands in the place of HELLO, and what it is taken for. */
export const HELLOS: readonly (readonly [what: string, say: () => Buffer, code: string])[] = [
  ['a HELLO of 199 octets', () => wire(hello().subarray(0, 199)), 'MALFORMED_COMMAND_HELLO'],
  [
    'a HELLO of 201 octets',
    () => wire(Buffer.concat([hello(), Buffer.alloc(1)])),
    'MALFORMED_COMMAND_HELLO',
  ],
  ['a HELLO of 6 octets', () => command('HELLO'), 'MALFORMED_COMMAND_HELLO'],
  [
    'a HELLO of 64 kB',
    () => wire(Buffer.concat([hello(), Buffer.alloc(65_000)])),
    'MALFORMED_COMMAND_HELLO',
  ],
  [
    'a HELLO of 1 MB',
    () => wire(Buffer.concat([hello(), Buffer.alloc(1_000_000)])),
    'FRAME_TOO_LARGE',
  ],
  ['another version', () => wire(changed(hello(), 6, 2)), 'MALFORMED_COMMAND_HELLO'],
  ['another minor version', () => wire(changed(hello(), 7, 1)), 'MALFORMED_COMMAND_HELLO'],
  ['a bit in the key', () => wire(changed(hello(), 80)), 'CRYPTOGRAPHIC'],
  ['a bit in the nonce', () => wire(changed(hello(), 119)), 'CRYPTOGRAPHIC'],
  ['a bit in the box', () => wire(changed(hello(), 150)), 'CRYPTOGRAPHIC'],
  ['a key of zeros', () => wire(hello().fill(0, 80, 112)), 'KEY_EXCHANGE'],
  ['a key of order 1', () => wire(hello().fill(0, 80, 112).fill(1, 80, 81)), 'KEY_EXCHANGE'],
  [
    'another server',
    () => wire(curveClient(generateKeyPair(), generateKeyPair().publicKey).begin(dealer).first()!),
    'CRYPTOGRAPHIC',
  ],
  ['INITIATE', () => command('INITIATE', Buffer.alloc(300)), 'UNEXPECTED_COMMAND'],
  ['READY', () => ready('DEALER'), 'UNEXPECTED_COMMAND'],
  ['a name that overruns', () => wire(changed(hello(), 0, 255)), 'UNEXPECTED_COMMAND'],
  ['an empty command', () => wire(Buffer.alloc(0)), 'UNEXPECTED_COMMAND'],
  ['HELLO as a message', () => frame(hello()), 'UNEXPECTED_COMMAND'],
  [
    'a sealed message',
    () => frame(Buffer.concat([Buffer.from('\x07MESSAGE'), Buffer.alloc(40)])),
    'UNEXPECTED_COMMAND',
  ],
];
