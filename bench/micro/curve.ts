/** Curve: what a message costs to seal and to open, with @noble/ciphers and with libsodium; and what a handshake costs. */

import { randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { curveClient } from '../../src/zmtp/mechanism/curve-client.ts';
import { generateKeyPair } from '../../src/zmtp/mechanism/curve-key-pair.ts';
import { curveServer } from '../../src/zmtp/mechanism/curve-server.ts';
import { CurveTraffic, ShortNonce } from '../../src/zmtp/mechanism/curve-traffic.ts';
import { encodeMetadata } from '../../src/zmtp/metadata.ts';
import { BATCH, type Case, type Suite, sink } from './suite.ts';

await sodium.ready;
const key = randomBytes(32);
const zero = Buffer.alloc(8);
const metadata = encodeMetadata([['Socket-Type', Buffer.from('DEALER')]]);
const [server, client] = [generateKeyPair(), generateKeyPair()];

export const suite: Suite = {
  name: 'curve',
  rule: 'what is the same for all messages is computed once; each message is copied once',
  cases: [
    ...[64, 1024, 65_536].flatMap((size): Case[] => {
      const times = size > 1024 ? 10 : BATCH;
      const payload = Buffer.alloc(size, 0x2a);
      const sending = new CurveTraffic(key, 'client', new ShortNonce(), zero);
      const sealed = Array.from({ length: times }, () => sending.seal(0, payload));
      const nonce = randomBytes(24);
      const box = sodium.crypto_secretbox_easy(Buffer.alloc(size + 1), nonce, key);
      return [
        {
          name: `seal ${size} B`,
          times,
          run() {
            for (let i = 0; i < times; i++) sink.value = sending.seal(0, payload);
          },
        },
        {
          name: `seal ${size} B, libsodium-wrappers`,
          times,
          run() {
            for (let i = 0; i < times; i++) {
              sink.value = sodium.crypto_secretbox_easy(payload, nonce, key);
            }
          },
        },
        {
          name: `open ${size} B`,
          times,
          run() {
            // Nonces must rise.
            const receiving = new CurveTraffic(key, 'server', new ShortNonce(), zero);
            for (let i = 0; i < times; i++) sink.value = receiving.open(sealed[i]!);
          },
        },
        {
          name: `open ${size} B, libsodium-wrappers`,
          times,
          run() {
            for (let i = 0; i < times; i++) {
              sink.value = sodium.crypto_secretbox_open_easy(box, nonce, key);
            }
          },
        },
      ];
    }),
    {
      name: 'handshake, both sides',
      times: 10,
      run() {
        for (let i = 0; i < 10; i++) {
          const ours = curveClient(client, server.publicKey).begin(metadata);
          const theirs = curveServer(server).begin(metadata);
          theirs.step(ours.step(theirs.step(ours.first()!)!)!);
          sink.value = ours.step(theirs.accept!()!);
        }
      },
    },
  ],
};
