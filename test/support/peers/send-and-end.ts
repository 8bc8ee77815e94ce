/** Sends one large message to the endpoint given, says so, and does nothing more. */

import { Push } from '../../../src/index.ts';

const push = new Push();
push.connect(process.argv[2]!);
await push.waitFor('handshake');
await push.send(Buffer.alloc(64 * 1_048_576));
process.stdout.write('sent\n');
