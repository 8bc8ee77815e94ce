/** The chat's processes for a test: a hub, and servers that can be killed and started again. */

import { join } from 'node:path';
import type { Test } from 'tap';
import { Running } from '../cli/shell.ts';
import { freeAddress } from '../support/layer/layer-addresses.ts';
import type { RabbitmqBroker } from '../support/layer/rabbitmq-broker.ts';

const PROGRAM = join(import.meta.dirname, '../../build/examples/chat/chat.js');

/** A server that listens. */
export interface ChatServer {
  readonly port: string;
  /** Without any warning. */
  kill(): Promise<void>;
  /** As Ctrl-C does; gives the exit code. */
  end(): Promise<number | null>;
  /** Settles when its log matches. */
  says(pattern: RegExp): Promise<void>;
}

/** A hub or a broker, and what can be done behind it. */
export interface Chat {
  startServer(port?: string): Promise<ChatServer>;
  /** Kills the hub, and starts another at the same address. */
  replaceHub(): Promise<void>;
}

export async function startChat(t: Test, broker?: RabbitmqBroker): Promise<Chat> {
  if (broker !== undefined) {
    return {
      startServer: (port) => startServer(t, broker.url(), port),
      replaceHub: () => broker.restart({ renamed: true }),
    };
  }
  const address = freeAddress();
  const startHub = async (): Promise<Running> => {
    const running = start(t, 'hub', address);
    await running.said(/listening on/);
    return running;
  };
  let hub = await startHub();
  return {
    startServer: (port) => startServer(t, address, port),
    replaceHub: async () => {
      await kill(hub);
      hub = await startHub();
    },
  };
}

async function startServer(t: Test, address: string, port = '0'): Promise<ChatServer> {
  const running = start(t, 'server', port, address);
  const [, at = ''] = await running.said(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
  return {
    port: at,
    kill: () => kill(running),
    end: async () => {
      running.kill('SIGINT');
      return (await running.over).code;
    },
    says: async (pattern) => void (await running.said(pattern)),
  };
}

async function kill(running: Running): Promise<void> {
  running.kill('SIGKILL');
  await running.over;
}

function start(t: Test, ...words: string[]): Running {
  const running = new Running(process.execPath, [PROGRAM, ...words]);
  t.teardown(() => running.kill('SIGKILL'));
  return running;
}
