/** Curve: the keys of all scenarios under CURVE, those of libzmq's manual, and the options that ends make of them. */

import type { Orders } from './contract.ts';

/** `curve=1` on the command line: CURVE as it is installed; `curve=2`: without libsodium where one can choose. */
export function curveOf(orders: Orders, role: 'server' | 'client'): object {
  const curve = orders.number('curve');
  if (curve === 0) return {};
  if (curve === 2) process.env['ZEROMQ_PURE_CURVE'] = 'javascript';
  if (role === 'server') return { curveServer: true, curveSecretKey: SERVER.secret };
  return {
    curveServerKey: SERVER.public,
    curvePublicKey: CLIENT.public,
    curveSecretKey: CLIENT.secret,
  };
}

const SERVER = {
  public: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7',
  secret: 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6',
} as const;
const CLIENT = {
  public: 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID',
  secret: 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs',
} as const;
