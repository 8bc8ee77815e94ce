/** A DEALER that sends as fast as it can, to be killed. */

import { Dealer } from '../../../src/index.ts';

const dealer = new Dealer();
dealer.connect(process.argv[2]!);
for (let n = 0; ; n++) await dealer.send(String(n));
