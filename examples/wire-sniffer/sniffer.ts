/** A wire sniffer: stands between two sockets on TCP and shows every frame, as long as it is not encrypted. */

import net from 'node:net';
import { COMMAND_FOUND, commandName, Decoder, GreetingDecoder, MESSAGE } from 'zeromq-pure/wire';
import { perform, type Run } from '../role.ts';

/** Listens on `port`, and passes everything on to `to`, and back. Ends with `signal`. */
export function main(
  { port, to }: { port: number; to: number },
  { signal, log }: Run,
): Promise<void> {
  const server = net.createServer((client) => {
    const upstream = net.connect(to, '127.0.0.1');
    const ends = [client.pipe(upstream), upstream.pipe(client)];
    for (const end of ends) end.on('error', () => ends.map((each) => each.destroy()));
    signal.addEventListener('abort', () => ends.map((each) => each.destroy()));
    client.on('data', show('→', log));
    upstream.on('data', show('←', log));
  });
  server.listen(port, '127.0.0.1', () =>
    log(`listening on ${(server.address() as net.AddressInfo).port}`),
  );
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => server.close(() => resolve())),
  );
}

/** Decodes one direction into frames. */
function show(arrow: string, log: Run['log']): (chunk: Buffer) => void {
  const greeting = new GreetingDecoder();
  const decoder = new Decoder({ maxFrameSize: 2 ** 30, maxParts: 1000 });
  return (chunk) => {
    const taken = greeting.done ? 0 : greeting.push(chunk);
    if (taken > 0 && greeting.done) log(`${arrow} ZMTP ${greeting.version} ${greeting.mechanism}`);
    decoder.push(chunk.subarray(taken));
    for (
      let found = decoder.next();
      found === COMMAND_FOUND || found === MESSAGE;
      found = decoder.next()
    ) {
      if (found === COMMAND_FOUND) log(`${arrow} ${commandName(decoder.command)}`);
      else log(`${arrow} ${decoder.message.map((part) => JSON.stringify(String(part))).join(' ')}`);
    }
  };
}

await perform(
  import.meta,
  { main: (run, [port, to]) => main({ port: Number(port ?? 5554), to: Number(to ?? 5555) }, run) },
  { until: ['main'] },
);
