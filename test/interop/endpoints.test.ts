/** Endpoints that are none: bind and connect refuse them with the codes of libzmq, but for those that it should have refused. */

import t from 'tap';
import * as libzmq from 'zeromq';
import { Push } from '../../src/index.ts';
import { use } from '../support/sockets.ts';

const BAD = [
  '',
  'x',
  'tcp',
  '://',
  '://a:5',
  'tcp:',
  'tcp:/127.0.0.1:5',
  'tcp:127.0.0.1:5',
  'tcp//127.0.0.1:5',
  'tcp://',
  'tcp://*',
  'tcp://:',
  'tcp://:5',
  'tcp://*:',
  'tcp://*:abc',
  'tcp://*:*x',
  'tcp://*:47001x',
  'tcp://*:x5',
  'tcp://*:-1',
  'tcp://*:+47002x',
  'tcp://*:0x50',
  'tcp://*:47003e3',
  'tcp://*:47004.5',
  'tcp://*:65536',
  'tcp://*:99999',
  'tcp://*:4295014304',
  'tcp://*:99999999999999999999',
  'tcp://**:5',
  'tcp://127.0.0.1',
  'tcp://127.0.0.1:',
  'tcp://127.0.0.1:47005/x',
  'tcp://127.0.0.1:47006?x',
  'tcp://127.0.0.1:5:6',
  'tcp://127.0.0.1:47007\0',
  'tcp://127.0.0.1.1:5',
  'tcp://256.0.0.1:5',
  'tcp://[::1:5',
  'tcp://[::1]',
  'tcp://[]:5',
  'tcp://::1:5',
  'tcp://-a:5',
  'tcp://a b:5',
  'tcp://no-such-interface:5',
  'TCP://127.0.0.1:5',
  'ipc://',
  'ipc://@',
  'ipc:///no/such/folder/socket',
  `ipc:///tmp/${'x'.repeat(200)}`,
  'inproc://',
  'http://a:5',
  'ws://',
  'ws://a:5',
  'ws://127.0.0.1',
  'ws://127.0.0.1/x',
  'ws://127.0.0.1:x',
  'udp://127.0.0.1:5',
  'pgm://a:5',
  'norm://a:5',
  'tipc://a',
  'constructor://a',
  '__proto__://a',
] as const;

const NO_HOST = /^tcp:\/\/(:5|\*\*:5|127\.0\.0\.1:5:6|\[::1:5|\[::1\]|\[\]:5|-a:5|a b:5)$/;

/** What we say instead, and why. */
const INTENDED: readonly (readonly [libzmq: string, ours: string, texts: RegExp, why: string])[] = [
  ['accepted', 'EINVAL', /:(\+?\d+[x.e/?\0].*|-1)$/, 'a port is decimal digits'],
  ['accepted', 'EINVAL', /:[6-9]\d{4,}$|:\d{6,}$/, 'a port above 65535 would come out as another'],
  ['accepted', 'EINVAL', NO_HOST, 'nothing can be looked up by that name'],
  ['ENODEV', 'EINVAL', NO_HOST, 'and no interface has it'],
  ['EINVAL', 'accepted', /^ws:\/\/a:5$/, 'a name is looked up at each attempt, as for tcp'],
  [
    'EAGAIN',
    'EPROTONOSUPPORT',
    /^tipc:/,
    'likewise; nor has the kernel, and libzmq forgets its code',
  ],
];

for (const call of ['bind', 'connect'] as const) {
  t.test(`${BAD.length} endpoints to ${call}`, async (t) => {
    for (const text of BAD) {
      // In a socket that is watched, or bound by another thread, libzmq forgets the code.
      const socket = new libzmq.Push();
      const theirs = codeOf(() => (call === 'bind' ? socket.bindSync(text) : socket.connect(text)));
      socket.close();
      const push = use(t, new Push());
      const ours = codeOf(() => (call === 'bind' ? push.bindSync(text) : push.connect(text)));
      push.close();
      const intended = INTENDED.some(
        ([before, instead, texts]) => before === theirs && instead === ours && texts.test(text),
      );
      t.ok(ours === theirs || intended, `${JSON.stringify(text)}: ${ours}, and libzmq ${theirs}`);
    }
  });
}

function codeOf(run: () => void): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    const { code } = error as { code?: string };
    // It would have bound.
    return code === 'EADDRINUSE' ? 'accepted' : `${code}`;
  }
}
