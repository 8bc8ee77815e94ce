/** PLAIN: the recorded exchange with libzmq, both roles, and what is refused. */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { plainClient, plainServer } from '../../../src/zmtp/mechanism/plain.ts';
import { encodeMetadata, property } from '../../../src/zmtp/metadata.ts';

const { vectors } = JSON.parse(
  readFileSync(new URL('../security-vectors.json', import.meta.url), 'utf8'),
) as { vectors: { name: string; hex: string }[] };

const body = (name: string): Buffer =>
  Buffer.from(vectors.find((each) => each.name === name)!.hex, 'hex').subarray(2);
const dealer = encodeMetadata([
  ['Socket-Type', Buffer.from('DEALER')],
  ['Identity', Buffer.alloc(0)],
]);
const router = encodeMetadata([
  ['Socket-Type', Buffer.from('ROUTER')],
  ['Identity', Buffer.from('srv')],
]);
const client = plainClient(Buffer.from('admin'), Buffer.from('secret'));

t.test('a client speaks as libzmq does', async (t) => {
  const handshake = client.begin(dealer);
  t.same(handshake.first(), body('plain-hello'));
  t.same(handshake.step(body('plain-welcome')), body('plain-initiate'));
  t.equal(handshake.step(body('plain-ready')), undefined);
  t.equal(property(handshake.peer!, 'Socket-Type')?.toString(), 'ROUTER');
  t.equal(handshake.box, undefined, 'the traffic is in the clear');
});

t.test('a server speaks as libzmq does, once the client is let in', async (t) => {
  const handshake = plainServer().begin(router);
  t.equal(handshake.first(), undefined);
  t.equal(handshake.step(body('plain-hello')), undefined);
  t.same(handshake.credentials?.map(String), ['admin', 'secret']);
  t.same(handshake.accept!(), body('plain-welcome-from-libzmq'));
  t.equal(handshake.credentials, undefined);
  t.same(handshake.step(body('plain-initiate-to-libzmq')), body('plain-ready-from-libzmq'));
  t.equal(property(handshake.peer!, 'Socket-Type')?.toString(), 'DEALER');
});

t.test('an ERROR is understood in the form that libzmq writes', async (t) => {
  const corrupt = Buffer.from('5e52524f5203343030', 'hex');
  t.throws(() => client.begin(dealer).step(corrupt), {
    code: 'ERR_ZMTP_REFUSED_BY_PEER',
    message: /"400"/,
  });
});

t.test('commands out of turn are refused', async (t) => {
  const code = 'ERR_ZMTP_UNEXPECTED_COMMAND';
  t.throws(() => client.begin(dealer).step(body('plain-ready')), { code });
  t.throws(() => plainServer().begin(router).step(body('plain-initiate')), { code });
  const started = plainServer().begin(router);
  started.step(body('plain-hello'));
  started.accept!();
  t.throws(() => started.step(body('plain-hello')), { code });
});

t.test('a HELLO that is not filled exactly is malformed', async (t) => {
  const hello = body('plain-hello');
  const code = 'ERR_ZMTP_MALFORMED_COMMAND_HELLO';
  for (let size = 6; size < hello.length; size++) {
    t.throws(() => plainServer().begin(router).step(hello.subarray(0, size)), { code }, `${size}`);
  }
  t.throws(
    () =>
      plainServer()
        .begin(router)
        .step(Buffer.concat([hello, Buffer.of(0)])),
    { code },
  );
  t.throws(() => client.begin(dealer).step(Buffer.from('\x07WELCOME!')), {
    code: 'ERR_ZMTP_MALFORMED_COMMAND_WELCOME',
  });
});

t.test('an empty user and password are credentials, too', async (t) => {
  const handshake = plainServer().begin(router);
  handshake.step(plainClient(Buffer.alloc(0), Buffer.alloc(0)).begin(dealer).first()!);
  t.same(handshake.credentials, [Buffer.alloc(0), Buffer.alloc(0)]);
});
