/** LayerAbsent: stand-ins for parts of the layers that a page cannot use. */

import { LayerError } from '../layer/errors.ts';

/** In place of channels-zmq/dedicated.ts. Never constructed: `wireOptions` refuses the option before. */
export const DedicatedZmqCarrier: undefined = undefined;

/** In place of channels-zmq/format.ts. @throws LayerError `ERR_UNSUPPORTED` for a `wire` other than `native` */
export function wireOptions<O extends { wire?: string }>(options: O): O {
  const { wire = 'native' } = options;
  if (wire === 'native') return options;
  throw new LayerError('ERR_UNSUPPORTED', `no wire ${wire} in a browser, expected native`);
}

/** In place of security/authenticator.ts. Never constructed: a page accepts no connection. */
export const Authenticator: undefined = undefined;

/** In place of security/certificate.ts. @throws TypeError, always: there is no CURVE */
export class Certificate {
  constructor() {
    throw new TypeError('no CURVE in a browser, expected plain over wss://');
  }
}
