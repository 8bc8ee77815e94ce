/** Socket: the socket that the options of a subcommand describe. */

import { openSocket as open, type Socket, type SocketName, type SocketsByName } from '../index.ts';
import type { OptionSet } from './arguments.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { certificatesOf, curveOptions, SECURITY_OPTIONS } from './security.ts';
import type { Terminal } from './terminal.ts';

/** Options of every subcommand that opens a socket. */
export const SOCKET_OPTIONS: OptionSet = {
  connect: {
    type: 'string',
    short: 'c',
    multiple: true,
    value: 'ENDPOINT',
    help: 'connect to it; may be repeated',
  },
  bind: {
    type: 'string',
    short: 'b',
    multiple: true,
    value: 'ENDPOINT',
    help: 'listen on it; may be repeated. Standard error shows the endpoint with its real port',
  },
  option: {
    type: 'string',
    short: 'o',
    multiple: true,
    value: 'NAME=VALUE',
    help:
      'an option of the socket, by its name in the library: -o sendHighWaterMark=10;\n' +
      'quotes make a text of a number: -o routingId=\'"7"\'',
  },
  ...SECURITY_OPTIONS,
  timeout: {
    type: 'string',
    short: 't',
    value: 'MS',
    help: 'milliseconds that each step may take, before it exits with code 3; default: no limit',
  },
};

/** Opens a socket, bound and connected as `given` says. It is closed immediately when the program is interrupted. */
export async function openSocket<const N extends SocketName>(
  name: N,
  given: Arguments,
  terminal: Terminal,
  prepare: (socket: SocketsByName[N]) => void = () => {},
): Promise<SocketsByName[N]> {
  const [binds, connects] = [given.texts('bind'), given.texts('connect')];
  if (binds.length + connects.length === 0) {
    throw new UsageError('where to? Give --connect ENDPOINT or --bind ENDPOINT');
  }
  const options = socketOptions(given);
  // Options and endpoints are set one by one, so that an error can name the one that caused it.
  const { socket } = await open({
    type: name,
    subscribe: [],
    options: curveOptions(await certificatesOf(given)),
  });
  for (const [option, value] of options) set(socket, option, value);
  terminal.signal.addEventListener('abort', () => closeNow(socket));
  prepare(socket);
  for (const endpoint of binds) {
    await at(endpoint, () => socket.bind(endpoint));
    if (socket.lastEndpoint !== endpoint || terminal.showsStatus) {
      terminal.note(`listening on ${socket.lastEndpoint}`);
    }
  }
  for (const endpoint of connects) await at(endpoint, async () => socket.connect(endpoint));
  return socket;
}

/**
 * Closes `socket` after delivering the messages that it has accepted, for at most `timeout` milliseconds. Resolves to the number
 * of those that were not delivered. Rejects when the program is interrupted.
 */
export async function closeGently(
  socket: Socket,
  timeout: number | undefined,
  { signal }: Terminal,
): Promise<number> {
  if (timeout !== undefined && !socket.closed) socket.linger = timeout;
  const before = socket.stats().dropped;
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  await Promise.race([socket[Symbol.asyncDispose](), interrupted]);
  return socket.stats().dropped - before;
}

/** Closes `socket` without waiting for anything. */
export function closeNow(socket: Socket): void {
  if (socket.closed) return;
  socket.linger = 0;
  socket.close();
}

/** The options of `--option`, by name. */
function socketOptions(given: Arguments): Map<string, unknown> {
  const options = new Map<string, unknown>();
  for (const word of given.texts('option')) {
    const equals = word.indexOf('=');
    if (equals < 1) throw new UsageError(`--option must be NAME=VALUE, not "${word}"`);
    options.set(word.slice(0, equals), settingOf(word.slice(equals + 1)));
  }
  return options;
}

function set(socket: Socket, option: string, value: unknown): void {
  try {
    if (!isSettable(socket, option)) throw new Error('this socket has no such option');
    (socket as unknown as Record<string, unknown>)[option] = value;
  } catch (error) {
    closeNow(socket);
    throw new UsageError(`--option ${option}=${value}: ${(error as Error).message}`);
  }
}

/** Whether `name` is an option that can be set: a setter of the class, or of one that it extends. */
function isSettable(object: object | null, name: string): boolean {
  if (object === null) return false;
  const own = Object.getOwnPropertyDescriptor(object, name);
  if (own !== undefined) return own.set !== undefined;
  return isSettable(Object.getPrototypeOf(object), name);
}

function settingOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  if (/^".*"$/.test(text)) return text.slice(1, -1);
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

/** Runs `open`; adds `endpoint` to the text of its error. */
async function at(endpoint: string, open: () => Promise<void>): Promise<void> {
  try {
    await open();
  } catch (error) {
    const { code, message, cause } = error as { code?: string; message: string; cause?: Error };
    if (code === 'EINVAL' || code === 'EPROTONOSUPPORT') {
      const reason = cause === undefined ? message : cause.message;
      throw new UsageError(`"${endpoint}" is no endpoint to use here: ${reason}`);
    }
    const text = message.includes(endpoint) ? message : `${endpoint}: ${message}`;
    throw Object.assign(new Error(text, { cause: error }), { code });
  }
}
