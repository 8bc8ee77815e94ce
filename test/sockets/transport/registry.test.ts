/** A transport that the package does not have, written as docs/how-to/transport.md says. */

import type { Socket as Stream } from 'node:net';
import t from 'tap';
import { Pull, Push, Stream as RawSocket, Reply, Request } from '../../../src/index.ts';
import { Acceptor } from '../../../src/sockets/transport/accept.ts';
import { dial, type OpenStream, readAccepted } from '../../../src/sockets/transport/dial.ts';
import type { Endpoint } from '../../../src/sockets/transport/endpoint.ts';
import { transports } from '../../../src/sockets/transport/registry.ts';
import type { StreamCarrier } from '../../../src/sockets/transport/stream-carrier.ts';
import { streamTransport } from '../../../src/sockets/transport/stream-transport.ts';
import { type Framing, zmtpFraming } from '../../../src/zmtp/index.ts';
import { use, watch } from '../../support/sockets.ts';

interface HelloEndpoint extends Endpoint {
  readonly port: number;
}

const HELLO = 'hello\n';

/** ZMTP behind an exchange of a word in both directions, and without its greeting. */
function bareFraming(): Framing {
  const { decoder, encoder } = zmtpFraming('NULL');
  return { decoder, encoder };
}

const hello: StreamCarrier<HelloEndpoint, HelloEndpoint> = {
  scheme: 'hello',
  hasAddresses: true,
  carriesRaw: true,
  parseBind: (text) => ({ transport: 'hello', port: Number(text.split('://')[1]) }),
  parseConnect: (text) => ({ transport: 'hello', port: Number(text.split('://')[1]) }),
  async dial({ endpoint }, signal) {
    const open = await dial({ host: '127.0.0.1', port: endpoint.port }, signal);
    open.stream.write(HELLO);
    await heard(open, signal);
    return { ...open, framing: bareFraming() };
  },
  accept({ endpoint, text }, events) {
    return new HelloAcceptor({ host: '127.0.0.1', port: endpoint.port }, text, events);
  },
  async admit(accepted: Stream, _opening, signal) {
    const open = readAccepted(accepted);
    open.stream.on('error', () => {});
    await heard(open, signal);
    open.stream.write(HELLO);
    return { ...open, framing: bareFraming() };
  },
};

/** The word has come. */
async function heard({ stream, inlet }: OpenStream, signal: AbortSignal): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      inlet.serve({
        place: undefined,
        placed() {},
        received(chunk) {
          if (String(chunk.subarray(0, HELLO.length)) !== HELLO) reject(new Error('impolite'));
          // The other side may go on at once.
          inlet.unread(chunk.subarray(HELLO.length));
          resolve();
        },
      });
      stream.once('close', () => reject(new Error('gone')));
      signal.addEventListener('abort', () => reject(new Error('slow')), { once: true });
      stream.resume();
    });
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

class HelloAcceptor extends Acceptor {
  override get address(): string {
    return `hello://${super.address.split(':')[2]}`;
  }
}

transports.set('hello', streamTransport(hello));

t.test('messages, both ways', async (t) => {
  const reply = use(t, new Reply());
  await reply.bind('hello://0');
  t.match(reply.lastEndpoint, /^hello:\/\/\d+$/);
  const request = use(t, new Request());
  request.connect(reply.lastEndpoint!);
  await request.send('question');
  t.same((await reply.receive()).map(String), ['question']);
  await reply.send(Buffer.alloc(100_000, 'a'));
  t.equal((await request.receive())[0]!.length, 100_000);
});

t.test('a listener that goes and comes back', async (t) => {
  const first = new Pull();
  first.bindSync('hello://0');
  const address = first.lastEndpoint!;
  const [push, events] = watch(t, new Push({ reconnectInterval: 10 }));
  push.connect(address);
  await push.waitFor('handshake');
  await first[Symbol.asyncDispose]();
  await events.next('disconnect');
  await push.send('kept');
  const second = use(t, new Pull());
  await second.bind(address);
  t.same((await second.receive()).map(String), ['kept']);
  t.equal(push.stats().reconnects, 1);
});

t.test('a peer that is refused before the handshake', async (t) => {
  const [pull, events] = watch(t, new Pull());
  await pull.bind('hello://0');
  const push = use(t, new Push());
  push.connect(pull.lastEndpoint!.replace('hello', 'tcp').replace('://', '://127.0.0.1:'));
  const { error } = await events.next('handshake:error:other');
  t.match(error, { message: 'impolite' });
});

t.test('a silent peer has as much time as for a handshake', async (t) => {
  const [pull, events] = watch(t, new Pull({ handshakeInterval: 50 }));
  await pull.bind('hello://0');
  const raw = use(t, new RawSocket());
  raw.connect(pull.lastEndpoint!.replace('hello', 'tcp').replace('://', '://127.0.0.1:'));
  const { error } = await events.next('handshake:error:other');
  t.match(error, { message: 'slow' });
});
