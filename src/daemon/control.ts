/** Control: commands to a running daemon over ZeroMQ, and its answers. */

import { Push, Reply, type Socket, Subscriber } from '../sockets/index.ts';
import type { ControlConfig } from './config.ts';

/** Carries out a command and returns the answer. */
export type Commands = (command: string) => string;

/**
 * The sockets that a daemon takes commands from:
 *
 *     REP, bound         command                      → answer
 *     SUB, connected     '*', pid or title | command  → PUSH: title | pid | command | answer
 *
 * Commands are `PING` (answer `PONG`), `TERM`, `RELOAD` (answer `OK`), `STATS` (answer JSON); the answer to any other command,
 * and to one that fails, begins with `ERROR`. There is no authentication: use loopback or ipc endpoints.
 */
export class Control {
  readonly #obey: Commands;
  readonly #title: string;
  readonly #sockets: Socket[] = [];
  /** Endpoints that it has bound, with real ports. */
  readonly endpoints: string[] = [];

  constructor(title: string, obey: Commands) {
    this.#title = title;
    this.#obey = obey;
  }

  /** Opens the endpoints of `config` and obeys commands until `close`. */
  async open(config: ControlConfig): Promise<void> {
    const { bind = [], connect = [], replies = [] } = config;
    if (bind.length > 0) {
      const reply = this.#use(new Reply());
      for (const address of bind) {
        await reply.bind(this.#own(address));
        this.endpoints.push(reply.lastEndpoint ?? address);
      }
      void this.#answer(reply);
    }
    if (connect.length > 0) {
      const push = replies.length > 0 ? this.#use(new Push()) : undefined;
      for (const address of replies) push!.connect(this.#own(address));
      const subscriber = this.#use(new Subscriber());
      subscriber.subscribe(EVERYONE, String(process.pid), this.#title);
      for (const address of connect) subscriber.connect(this.#own(address));
      void this.#listen(subscriber, push);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.splice(0).map((socket) => socket[Symbol.asyncDispose]()));
  }

  #use<S extends Socket>(socket: S): S {
    // The last answer should arrive, but the daemon must not wait long for it.
    socket.linger = LINGER;
    this.#sockets.push(socket);
    return socket;
  }

  async #answer(reply: Reply): Promise<void> {
    for await (const [command] of reply) {
      // If the peer has gone, the answer is dropped.
      await reply.send(this.#result(String(command))).catch(() => {});
    }
  }

  async #listen(subscriber: Subscriber, push: Push | undefined): Promise<void> {
    const names = [EVERYONE, String(process.pid), this.#title];
    for await (const [topic, word] of subscriber) {
      // A subscription is a prefix: process 123 also gets the commands for 1234.
      if (word === undefined || !names.includes(String(topic))) continue;
      const command = String(word);
      const answer = this.#result(command);
      if (push?.closed === false) push.trySend([this.#title, String(process.pid), command, answer]);
    }
  }

  #own(address: string): string {
    return address.replaceAll('{pid}', String(process.pid)).replaceAll('{title}', this.#title);
  }

  #result(command: string): string {
    try {
      return this.#obey(command);
    } catch (error) {
      return `ERROR ${(error as Error).message}`;
    }
  }
}

const EVERYONE = '*';
const LINGER = 500;
