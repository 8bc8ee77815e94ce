/** `keygen`: makes a pair of CURVE keys. */

import { existsSync } from 'node:fs';
import { Certificate } from '../../index.ts';
import { UsageError } from '../arguments.ts';
import { type Command, EXIT } from '../command.ts';

export const keygen: Command = {
  name: 'keygen',
  summary: 'make keys for CURVE, as certificates or as text',
  usage: '[FILE] [OPTIONS]',
  description:
    'Write a new certificate: FILE with the public key, for others, and FILE_secret with both, readable by you only,\n' +
    'in the format of czmq and pyzmq. Without FILE, print a pair as the options of a socket (Z85).',
  options: {
    meta: {
      type: 'string',
      short: 'm',
      multiple: true,
      value: 'NAME=VALUE',
      help: 'metadata of the holder, which others can read; may be repeated',
    },
    force: { type: 'boolean', help: 'replace files that exist' },
    json: { type: 'boolean', help: 'print the pair as one JSON object' },
  },
  examples: [
    'zeromq-pure keygen',
    'zeromq-pure keygen server.key',
    'zeromq-pure keygen clients/alice.key -m name=Alice -m email=alice@example.com',
    'zeromq-pure pull -b tcp://*:5555 --cert server.key --allow clients',
    'zeromq-pure push -c tcp://localhost:5555 --cert clients/alice.key --server-cert server.key hello',
  ],
  async run(given, terminal) {
    const [path, ...more] = given.positionals;
    if (more.length > 0) throw new UsageError(`"${more[0]}" is not expected here`);
    const certificate = Certificate.create(metadataOf(given.texts('meta')));
    if (path === undefined) {
      if (given.has('meta')) throw new UsageError('--meta needs a FILE to stand in');
      const { curvePublicKey, curveSecretKey } = certificate.options;
      await terminal.line(
        given.has('json')
          ? JSON.stringify({ publicKey: curvePublicKey, secretKey: curveSecretKey })
          : `curvePublicKey=${curvePublicKey}\ncurveSecretKey=${curveSecretKey}`,
      );
      return EXIT.done;
    }
    if (given.has('json')) throw new UsageError('--json is for a pair without a FILE');
    const files = [path, `${path}_secret`];
    const taken = files.find((each) => existsSync(each));
    if (taken !== undefined && !given.has('force')) {
      throw new Error(`${taken} is there already; --force replaces it, and its key is lost`);
    }
    await certificate.save(path);
    terminal.note(`${path} is for others, ${path}_secret for nobody else`);
    await terminal.line(certificate.publicKey);
    return EXIT.done;
  },
};

/** @throws UsageError for what a certificate cannot hold */
function metadataOf(words: readonly string[]): Map<string, string> {
  const metadata = new Map(
    words.map((word) => {
      const equals = word.indexOf('=');
      if (equals < 1) throw new UsageError(`--meta must be NAME=VALUE, not "${word}"`);
      return [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
  try {
    Certificate.create(metadata).encode();
  } catch (error) {
    throw new UsageError(`--meta: ${(error as Error).message}`);
  }
  return metadata;
}
