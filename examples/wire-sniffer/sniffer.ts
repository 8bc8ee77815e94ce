/** A wire sniffer: stands between two sockets on TCP and shows what each says, as long as it is not encrypted. */

import { once } from 'node:events';
import net from 'node:net';
import { pipeline } from 'node:stream/promises';
import { type WireItem, WireReader } from 'zeromq-pure/wire';
import { perform, type Run } from '../role.ts';

/** Listens on `port`, and passes everything on to `to`, and back. Ends with `signal`. */
export async function main(
  ports: { port: number; to: number },
  { signal, log }: Run,
): Promise<void> {
  const show = (arrow: string) =>
    async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      const reader = new WireReader();
      for await (const chunk of chunks) {
        for (const item of reader.read(chunk)) log(`${arrow} ${textOf(item)}`);
        yield chunk;
      }
    };
  const server = net.createServer((client) => {
    const upstream = net.connect(ports.to, '127.0.0.1');
    pipeline(client, show('→'), upstream, show('←'), client, { signal }).catch(() => {});
  });
  server.listen(ports.port, '127.0.0.1');
  await once(server, 'listening');
  log(`listening on ${(server.address() as net.AddressInfo).port}`);
  await once(signal, 'abort');
  server.close();
}

function textOf(item: WireItem): string {
  if (item.kind === 'greeting') return `ZMTP ${item.version} ${item.mechanism}`;
  if (item.kind === 'command') return `${item.name}`;
  if (item.kind === 'message') return item.message.map((part) => `"${part}"`).join(' ');
  return item.error.message;
}

await perform(
  import.meta,
  { main: (run, [port, to]) => main({ port: Number(port ?? 5554), to: Number(to ?? 5555) }, run) },
  { until: ['main'] },
);
