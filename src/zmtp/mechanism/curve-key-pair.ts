/** curveKeyPair: new keys for CURVE, as text. */

import { generateKeyPairSync } from 'node:crypto';
import { encodeZ85 } from './z85.ts';

/** A new pair of CURVE keys, as Z85 text of 40 characters (`zmq_curve_keypair`). */
export function curveKeyPair(): { publicKey: string; secretKey: string } {
  const { d, x } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return {
    publicKey: encodeZ85(Buffer.from(x as string, 'base64url')),
    secretKey: encodeZ85(Buffer.from(d as string, 'base64url')),
  };
}
