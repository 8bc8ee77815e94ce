/** Curve: what a message costs to seal and to open, by TweetNaCl and by libsodium; and what a handshake costs. */

import { randomBytes } from 'node:crypto';
import { loadSodium } from '../../src/sockets/security/sodium.ts';
import { sealWith } from '../../src/zmtp/mechanism/curve-box.ts';
import { curveClient } from '../../src/zmtp/mechanism/curve-client.ts';
import { generateKeyPair } from '../../src/zmtp/mechanism/curve-key-pair.ts';
import { curveServer } from '../../src/zmtp/mechanism/curve-server.ts';
import { CurveTraffic, ShortNonce } from '../../src/zmtp/mechanism/curve-traffic.ts';
import type { Sodium } from '../../src/zmtp/mechanism/sodium-box.ts';
import { encodeMetadata } from '../../src/zmtp/metadata.ts';
import { BATCH, type Case, type Suite, sink } from './suite.ts';

const sodium = await loadSodium();
const key = randomBytes(32);
const zero = Buffer.alloc(8);
const metadata = encodeMetadata([['Socket-Type', Buffer.from('DEALER')]]);
const [server, client] = [generateKeyPair(), generateKeyPair()];

export const suite: Suite = {
  name: 'curve',
  rule: 'what is the same for all messages is computed once; each message is copied once',
  cases: [
    ...[64, 1024, 65_536].flatMap((size) => [
      ...traffic(size, 'TweetNaCl', undefined),
      ...traffic(size, 'libsodium', sodium),
    ]),
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

function traffic(size: number, by: string, library: Sodium | undefined): Case[] {
  sealWith(library);
  const times = size > 1024 ? 10 : BATCH;
  const payload = Buffer.alloc(size, 0x2a);
  const sending = new CurveTraffic(key, 'client', new ShortNonce(), zero);
  const sealed = Array.from({ length: times }, () => sending.seal(0, payload));
  // A frame is opened where it lies.
  const frames = sealed.map((frame) => Buffer.from(frame));
  return [
    {
      name: `seal ${size} B, ${by}`,
      times,
      run() {
        for (let i = 0; i < times; i++) sink.value = sending.seal(0, payload);
      },
    },
    {
      name: `open ${size} B, ${by}`,
      times,
      run() {
        sealWith(library);
        // Nonces must rise.
        const receiving = new CurveTraffic(key, 'server', new ShortNonce(), zero);
        for (let i = 0; i < times; i++) {
          frames[i]!.set(sealed[i]!);
          sink.value = receiving.open(frames[i]!);
        }
      },
    },
  ];
}
