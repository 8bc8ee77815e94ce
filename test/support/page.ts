/** The files for browsers, run in this process with a WebSocket like that of a page. */

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';

const LIB = join(import.meta.dirname, '../../lib');

type Root = typeof import('../../src/browser/index.ts');
type Draft = typeof import('../../src/browser/draft.ts');
type Layers = typeof import('../../src/browser/layer.ts');

// Node has one from 22 on, which keeps to the letter of the standard as browsers do.
Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? WebSocket });

/** `zeromq-pure` as a page has it. */
export const page: Root = await load('browser.mjs');
/** `zeromq-pure/draft`, likewise. */
export const drafts: Draft = await load('browser-draft.mjs');
/** `zeromq-pure/layer`, likewise. */
export const layers: Layers = await load('browser-layer.mjs');

async function load<T>(name: string): Promise<T> {
  return import(pathToFileURL(join(LIB, name)).href) as Promise<T>;
}

/** Serves the files for browsers at `/lib`, and an empty page elsewhere. Where that is. */
export async function servePages(t: { teardown(fn: () => unknown): void }): Promise<string> {
  const server = createServer((request, response) => {
    const [, name] = /^\/lib\/(browser[\w-]*\.mjs)$/.exec(request.url ?? '') ?? [];
    const type = name === undefined ? 'text/html' : 'text/javascript';
    response.setHeader('Content-Type', `${type}; charset=utf-8`);
    if (name === undefined) response.end('<!doctype html><title>a page</title>');
    else
      readFile(join(LIB, name)).then(
        (text) => response.end(text),
        () => response.destroy(),
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
