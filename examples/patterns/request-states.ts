/** The turns of request and reply: what REQ and REP refuse to do, and with which error. */

import { Reply, Request, type SocketError } from 'zeromq-pure';
import { closeOnAbort, perform, type Run } from '../role.ts';

/** Makes calls that are out of turn, each with a new pair of sockets. */
export async function states({ service }: { service: string }, run: Run): Promise<void> {
  await scene('REQ sends twice', async (request) => {
    await request.send('one');
    await request.send('two', { timeout: 0 });
  });
  await scene('REQ receives before it has sent', async (request) => {
    await request.receive({ timeout: 0 });
  });
  await scene('REP sends before it has received', async (_, reply) => {
    await reply.send('an answer to nothing', { timeout: 0 });
  });
  await scene('in turn', async (request, reply) => {
    await request.send('question');
    await reply.receive();
    await reply.send('answer');
    await request.receive();
  });

  async function scene(
    title: string,
    play: (request: Request, reply: Reply) => Promise<void>,
  ): Promise<void> {
    const [request, reply] = [new Request(), new Reply()];
    closeOnAbort(run.signal, request, reply);
    await reply.bind(service);
    request.connect(reply.lastEndpoint!);
    await request.waitFor('handshake');
    // With no time to wait for its turn, a call says at once that it is not its turn.
    const outcome = await play(request, reply).then(
      () => 'fine',
      ({ code, message }: SocketError) => `${code}, ${message}`,
    );
    run.log(`${title}: ${outcome}`);
    request.linger = 0;
    request.close();
    // The port is free only when the socket has closed.
    await reply[Symbol.asyncDispose]();
  }
}

await perform(
  import.meta,
  { states: (run) => states({ service: 'tcp://127.0.0.1:*' }, run) },
  { until: ['states'] },
);
