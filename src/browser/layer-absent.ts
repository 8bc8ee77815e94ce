/** LayerAbsent: in place of parts of the layers that have no use in a page. */

import { LayerError } from '../layer/errors.ts';

/** In place of channels-zmq/dedicated.ts. Never made: `wireOptions` comes before it. */
export const DedicatedZmqCarrier: undefined = undefined;

/** In place of channels-zmq/format.ts. @throws LayerError `ERR_UNSUPPORTED` for another wire than our own */
export function wireOptions<O extends { wire?: string }>(options: O): O {
  const { wire = 'native' } = options;
  if (wire === 'native') return options;
  throw new LayerError('ERR_UNSUPPORTED', `no wire ${wire} in a browser, expected native`);
}

/** In place of security/authenticator.ts. Never made: nobody is let in. */
export const Authenticator: undefined = undefined;

/** In place of security/certificate.ts. @throws TypeError, always: there is no CURVE */
export class Certificate {
  constructor() {
    throw new TypeError('no CURVE in a browser, expected plain over wss://');
  }
}
