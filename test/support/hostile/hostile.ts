/** What the hostile tests share: a socket under attack, and lawful peers that are served meanwhile. */

import type { Test } from 'tap';
import {
  Dealer,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
} from '../../../src/index.ts';
import { Log, texts, use } from '../sockets.ts';

export type Kind = 'REP' | 'ROUTER' | 'PULL' | 'PUB';

/** A bound socket, with the log of its events and a check that it serves. */
export interface Victim {
  readonly kind: Kind;
  readonly socket: Reply | Router | Pull | Publisher;
  readonly log: Log;
  readonly endpoint: string;
  /** Who may connect to it, by the name in a READY. */
  readonly partner: string;
  /** A new lawful peer comes, and a message goes through; leaves again. */
  serves(): Promise<void>;
}

export const KINDS: readonly Kind[] = ['REP', 'ROUTER', 'PULL', 'PUB'];

/**
 * A loopback address of this process alone. At a port of 127.0.0.1 somebody may knock who reconnects to the test that had
 * it before: one more failed handshake, of another kind.
 */
const OWN_ADDRESS =
  process.platform === 'linux'
    ? `127.${1 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${1 + (process.pid & 127)}`
    : '127.0.0.1';

/** A socket of this kind to be attacked. */
export async function victim(t: Test, kind: Kind, options: object = {}): Promise<Victim> {
  const socket = use(t, new CLASSES[kind](options));
  const log = new Log(socket);
  await socket.bind(`tcp://${OWN_ADDRESS}:*`);
  const endpoint = socket.lastEndpoint!;
  if (socket instanceof Reply) {
    // It serves on while the others are attacked.
    socket.receiveTimeout = -1;
    void answer(socket);
  }
  let count = 0;

  const serves = async (): Promise<void> => {
    const text = `lawful ${count++}`;
    if (socket instanceof Reply) {
      const request = use(t, new Request());
      request.connect(endpoint);
      await request.send(text);
      const reply = texts(await request.receive());
      if (reply.join() !== text) throw new Error(`wrong reply: ${reply}`);
      request.close();
    } else if (socket instanceof Publisher) {
      const subscriber = use(t, new Subscriber());
      subscriber.subscribe(text);
      subscriber.connect(endpoint);
      // Every subscription makes an event, also one of somebody hostile.
      let heard: string | undefined;
      const hearing = subscriber.receive().then((message) => {
        heard = String(message[0]);
      });
      while (heard === undefined) {
        await socket.send(text);
        await Promise.race([hearing, new Promise((resolve) => setTimeout(resolve, 5))]);
      }
      if (heard !== text) throw new Error(`wrong message: ${heard}`);
      subscriber.close();
    } else {
      const sender = use(t, socket instanceof Router ? new Dealer() : new Push());
      sender.connect(endpoint);
      await sender.send(text);
      for (;;) {
        const last = String((await socket.receive()).at(-1));
        if (last === text) break;
      }
      sender.close();
    }
  };
  return { kind, socket, log, endpoint, partner: PARTNERS[kind], serves };
}

/** Serves a REP as programs do. Ends with the socket; anything else that ends it is a failure. */
async function answer(reply: Reply): Promise<void> {
  for await (const body of reply) await reply.send(body, { timeout: 1_000 });
  if (!reply.closed) throw new Error('the REP stopped serving');
}

const PARTNERS: Record<Kind, string> = { REP: 'REQ', ROUTER: 'DEALER', PULL: 'PUSH', PUB: 'SUB' };

const CLASSES = { REP: Reply, ROUTER: Router, PULL: Pull, PUB: Publisher };
