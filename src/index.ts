/** The door `zeromq-pure`: the API of `zeromq` v6, and more. */

export * from './sockets/index.ts';
export { curveKeyPair } from './zmtp/index.ts';

import * as sockets from './sockets/index.ts';
import { packageVersion, version } from './sockets/version.ts';
import { curveKeyPair } from './zmtp/index.ts';

export { packageVersion, version };

/** Which optional transports and features of libzmq are available here. */
export const capability: {
  ipc: boolean;
  pgm: boolean;
  tipc: boolean;
  norm: boolean;
  curve: boolean;
  gssapi: boolean;
  draft: boolean;
} = {
  ipc: true,
  pgm: false,
  tipc: false,
  norm: false,
  curve: true,
  gssapi: false,
  draft: true,
};

/** All exports above in one object, as `import zmq from 'zeromq'` gives it. */
const zmq: typeof sockets & {
  version: string;
  packageVersion: string;
  capability: typeof capability;
  curveKeyPair: typeof curveKeyPair;
} = { ...sockets, version, packageVersion, capability, curveKeyPair };

export default zmq;
