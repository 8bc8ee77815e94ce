/** Certificates that a test makes: X.509 by hand, signed by their own key. */

import { generateKeyPairSync, sign } from 'node:crypto';

/** A key and the certificate of it, as PEM. */
export interface Certified {
  readonly key: string;
  readonly certificate: string;
}

/** Valid from 2000 to 2049 for these names, which end in a number where they are IPv4 addresses. */
export function certify(...names: readonly string[]): Certified {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(0x30, oid('2a8648ce3d040302'));
  // Subject and issuer: a common name.
  const name = der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(names[0]!)))));
  const validity = der(0x30, utcTime('000101000000Z'), utcTime('491231235959Z'));
  const alternatives = der(0x30, ...names.map(alternative));
  const extension = der(0x30, oid('551d11'), der(0x04, alternatives));
  const tbs = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = der(0x03, Buffer.of(0), sign('sha256', tbs, privateKey));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: pem(der(0x30, tbs, algorithm, signature)),
  };
}

function alternative(name: string): Buffer {
  if (!/\.\d+$/.test(name)) return der(0x82, Buffer.from(name));
  return der(0x87, Buffer.from(name.split('.').map(Number)));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function utcTime(text: string): Buffer {
  return der(0x17, Buffer.from(text));
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  const size = length < 128 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function pem(octets: Buffer): string {
  const lines = octets.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
