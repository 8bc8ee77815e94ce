/** Said: messages of the hub's protocol, as a process or a hub without a layer sends them. */

import { Outgoing } from '../../../src/layer/native/messages.ts';
import { encode, VERSION } from '../../../src/layer/native/records.ts';

/** The hello of a process that no hub has met. */
export const HELLO: Buffer = encode('hello', {
  version: VERSION,
  secret: Buffer.alloc(16),
  hub: '',
  session: 0,
  received: 0,
  acked: 0,
  kept: [],
  back: [],
});

/** One message of all `records`. */
export function said(...records: readonly Buffer[]): Buffer[] {
  const out = new Outgoing();
  for (const record of records) out.push(record);
  return out.take(1)[0]!;
}
