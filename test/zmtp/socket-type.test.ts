import t from 'tap';
import { checkPartner, isSocketType, type SocketType } from '../../src/zmtp/socket-type.ts';

const TYPES = 'PAIR PUB SUB REQ REP DEALER ROUTER PULL PUSH XPUB XSUB'.split(' ') as SocketType[];

/** RFC 37, section 6.1 of the digest. */
const TALK = new Set(
  [
    'PAIR-PAIR PUB-SUB PUB-XSUB XPUB-SUB XPUB-XSUB SUB-PUB SUB-XPUB XSUB-PUB XSUB-XPUB PUSH-PULL',
    'PULL-PUSH REQ-REP REQ-ROUTER REP-REQ REP-DEALER DEALER-REP DEALER-DEALER DEALER-ROUTER',
    'ROUTER-REQ ROUTER-DEALER ROUTER-ROUTER',
  ].flatMap((line) => line.split(' ')),
);

t.test('all 121 pairs are judged as the RFC does, alike from both sides', async (t) => {
  let count = 0;
  for (const local of TYPES) {
    for (const peer of TYPES) {
      const pair = `${local}-${peer}`;
      if (TALK.has(pair)) {
        t.doesNotThrow(() => checkPartner(local, peer), pair);
        t.ok(TALK.has(`${peer}-${local}`), `${pair} the other way round`);
        count++;
      } else {
        t.throws(() => checkPartner(local, peer), { code: 'ERR_ZMTP_SOCKET_TYPE', fault: 'peer' });
      }
    }
  }
  t.equal(count, TALK.size);
});

t.test('what is no socket type is refused, whatever it is called', async (t) => {
  const names = ['', 'pull', 'PULL\0', ' PULL', 'STREAM', 'BOGUS', '__proto__', 'constructor'];
  for (const name of [...names, 'toString', 'hasOwnProperty', 'DGRAM', 'P'.repeat(60_000)]) {
    t.notOk(isSocketType(name), name.slice(0, 20));
    for (const local of TYPES) {
      t.throws(() => checkPartner(local, name), { code: 'ERR_ZMTP_SOCKET_TYPE' });
    }
  }
  for (const name of TYPES) t.ok(isSocketType(name), name);
});

t.test(
  'the refusal shows the name without letting it write into a log, nor at length',
  async (t) => {
    try {
      checkPartner('PULL', `\n\u001b[2J${'x'.repeat(60_000)}`);
      t.fail('not refused');
    } catch (error) {
      const { message } = error as Error;
      t.notOk(message.includes('\n') || message.includes('\u001b'));
      t.ok(message.length < 300, `${message.length} characters`);
    }
  },
);
