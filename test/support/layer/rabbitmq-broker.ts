/** RabbitmqBroker: a real RabbitMQ node for tests, with its own ports, folder, node name and certificates. */

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { skipped } from '../ci.ts';

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const missing = [SERVER, '/usr/bin/epmd', '/usr/bin/erl_call', '/usr/bin/openssl'].filter(
  (file) => !existsSync(file),
);

/** Why tests with a broker cannot run; false if they can. Where CI is set they must. */
export const skipRabbitmq: string | false = skipped(
  missing.length > 0 && `rabbitmq-server is not installed (${missing[0]})`,
);

/** What a broker is started with. */
export interface BrokerOptions {
  /** Certificates are made, and a port listens with TLS. `mutual`: it demands one of the client. */
  readonly tls?: 'server' | 'mutual';
  /** More lines of rabbitmq.conf. */
  readonly conf?: readonly string[];
  /** A node of the same cluster: shares its epmd and cookie. */
  readonly beside?: RabbitmqBroker;
}

/** Files made by `openssl`, in PEM. */
export interface Certificates {
  readonly ca: string;
  readonly otherCa: string;
  readonly server: Pair;
  readonly client: Pair;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Users: `guest` may all; `reader` may not configure anything; `listener` may publish to groups alone. Virtual hosts: `/` and `asgi`. */
export class RabbitmqBroker {
  readonly port: number;
  readonly tlsPort: number;
  readonly certificates: Certificates | undefined;
  readonly #folder: string;
  readonly #distributionPort: number;
  readonly #epmd: Epmd;
  readonly #ownsEpmd: boolean;
  #name: string;
  #child: ChildProcess | undefined;

  private constructor(ports: readonly number[], epmd: Epmd, options: BrokerOptions) {
    this.#folder = mkdtempSync(join(tmpdir(), 'zr-'));
    [this.port, this.tlsPort, this.#distributionPort] = ports as [number, number, number];
    this.#epmd = epmd;
    this.#ownsEpmd = options.beside === undefined;
    this.#name = `zr${this.port}`;
    if (options.tls !== undefined) this.certificates = makeCertificates(this.#folder);
    this.#configure(options);
    running.add(this);
  }

  /** Settles when the broker takes connections: 6 to 8 seconds. */
  static async start(options: BrokerOptions = {}): Promise<RabbitmqBroker> {
    const ports = await freePorts(4);
    const { beside } = options;
    const epmd = beside === undefined ? await Epmd.start(ports[3]!) : beside.#epmd;
    const broker = new RabbitmqBroker(ports, epmd, options);
    await broker.#run();
    return broker;
  }

  /** Where it listens without TLS, as a user of a virtual host. */
  url(user = 'guest', vhost = 'asgi', password: string = user): string {
    return `amqp://${user}:${password}@127.0.0.1:${this.port}/${vhost}`;
  }

  get tlsUrl(): string {
    return `amqps://guest:guest@localhost:${this.tlsPort}/asgi`;
  }

  get nodeName(): string {
    return `${this.#name}@127.0.0.1`;
  }

  /** The process of the node. */
  get pid(): number {
    return Number(readFileSync(join(this.#folder, 'pid'), 'utf8'));
  }

  /** Without any warning, as a machine that loses its power. */
  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    const { pid } = this;
    const child = this.#child;
    this.#child = undefined;
    process.kill(pid, 'SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  /** Stops it in the middle of whatever it does; its connections stay open. Resolves when none of its threads runs. */
  async pause(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP');
    const threads = `/proc/${this.pid}/task`;
    const stopped = (thread: string) =>
      /\) T /.test(readFileSync(join(threads, thread, 'stat'), 'utf8'));
    while (!readdirSync(threads).every(stopped)) await sleep(1);
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Starts a killed node again. `renamed`: as another node, which knows nothing of what was before. */
  async restart({ renamed = false } = {}): Promise<void> {
    await this.kill();
    if (renamed) this.#name = `${this.#name}x`;
    await this.#run();
  }

  /** Evaluates Erlang in the node, and returns what is printed of it. */
  async evaluate(erlang: string): Promise<string> {
    const child = promisify(execFile)(
      'erl_call',
      ['-name', this.nodeName, '-c', COOKIE, '-timeout', '20', '-e'],
      { env: this.#environment },
    );
    child.child.stdin!.end(`${erlang}\n`);
    const { stdout } = await child;
    if (!stdout.startsWith('{ok, ')) throw new Error(`${erlang}: ${stdout}`);
    return stdout.slice('{ok, '.length, stdout.lastIndexOf('}'));
  }

  /** Closes all client connections, as an administrator does. */
  async closeConnections(reason: string): Promise<void> {
    await this.evaluate(`rabbit_networking:close_all_connections(<<"${reason}">>).`);
  }

  async deleteQueue(queue: string): Promise<void> {
    await this.evaluate(
      `{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"asgi">>, queue, <<"${queue}">>)), ` +
        'rabbit_amqqueue:delete(Q, false, false, <<"test">>), ok.',
    );
  }

  /** Names of the queues in the virtual host `asgi`. */
  async queues(): Promise<string[]> {
    const list = await this.evaluate(
      'lists:flatten(lists:join(" ", [binary_to_list(element(4, element(2, Q))) || Q <- ' +
        'rabbit_amqqueue:list(<<"asgi">>)])).',
    );
    return list.slice(1, -1).split(' ').filter(Boolean).sort();
  }

  /** What is bound to an exchange of the virtual host `asgi`: `QUEUE KEY`. */
  async bindings(exchange = 'groups'): Promise<string[]> {
    const list = await this.evaluate(
      'lists:flatten(lists:join(",", [[binary_to_list(element(4, element(4, B))), " ", ' +
        'binary_to_list(element(3, B))] || B <- rabbit_binding:list_for_source(' +
        `rabbit_misc:r(<<"asgi">>, exchange, <<"${exchange}">>))])).`,
    );
    return list.slice(1, -1).split(',').filter(Boolean).sort();
  }

  /** Messages that wait in a queue of `asgi`, without those that a consumer has. */
  async messageCount(queue: string): Promise<number> {
    return Number(
      await this.evaluate(
        `{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"asgi">>, queue, <<"${queue}">>)), ` +
          '[{messages_ready, N}] = rabbit_amqqueue:info(Q, [messages_ready]), N.',
      ),
    );
  }

  /** Memory is short: connections are blocked when they publish next, until it is taken back. */
  async memoryAlarm(on: boolean): Promise<void> {
    // The question to the handler is answered when it has told every connection.
    await this.evaluate(
      `vm_memory_monitor:set_vm_memory_high_watermark(${on ? '0' : '0.4'}), ` +
        'gen_event:which_handlers(rabbit_alarm).',
    );
  }

  /** Makes this node one of the cluster of `other`. */
  async join(other: RabbitmqBroker): Promise<void> {
    await this.evaluate('rabbit:stop().');
    await this.evaluate('rabbit_mnesia:reset().');
    await this.evaluate(`rabbit_mnesia:join_cluster('${other.nodeName}', disc).`);
    await this.evaluate('rabbit:start().');
    await this.evaluate('rabbit:await_startup().');
  }

  /** Kills the node and removes all it had. */
  async stop(): Promise<void> {
    running.delete(this);
    await this.kill();
    if (this.#ownsEpmd) this.#epmd.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @internal For the end of the process. */
  abandon(): void {
    try {
      process.kill(this.pid, 'SIGKILL');
    } catch {
      // It has not begun, or has ended.
    }
    this.#epmd.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #environment(): NodeJS.ProcessEnv {
    const folder = this.#folder;
    return {
      PATH: process.env['PATH'],
      HOME: folder,
      LANG: 'C.UTF-8',
      ERL_EPMD_PORT: String(this.#epmd.port),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: this.nodeName,
      RABBITMQ_USE_LONGNAME: 'true',
      RABBITMQ_BASE: folder,
      RABBITMQ_MNESIA_BASE: join(folder, 'data'),
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_PID_FILE: join(folder, 'pid'),
      ERL_CRASH_DUMP: join(folder, 'erl_crash.dump'),
      RABBITMQ_DIST_PORT: String(this.#distributionPort),
      // A scheduler that spins while it waits would take the processor from the tests.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        `-setcookie ${COOKIE} -start_epmd false ` + '+sbwt none +sbwtdcpu none +sbwtdio none',
    };
  }

  #configure({ tls, conf = [] }: BrokerOptions): void {
    const folder = this.#folder;
    const lines = [
      `listeners.tcp.1 = 127.0.0.1:${this.port}`,
      'distribution.listener.interface = 127.0.0.1',
      'loopback_users = none',
      `load_definitions = ${join(folder, 'definitions.json')}`,
      'log.file.level = warning',
      'log.upgrade.level = none',
      'collect_statistics_interval = 60000',
      // The tests count; the machine's disk is no part of that.
      'disk_free_limit.absolute = 1MB',
      ...conf,
    ];
    if (this.certificates !== undefined) {
      const { ca, server } = this.certificates;
      lines.push(
        `listeners.ssl.1 = 127.0.0.1:${this.tlsPort}`,
        `ssl_options.cacertfile = ${ca}`,
        `ssl_options.certfile = ${server.cert}`,
        `ssl_options.keyfile = ${server.key}`,
        `ssl_options.verify = ${tls === 'mutual' ? 'verify_peer' : 'verify_none'}`,
        `ssl_options.fail_if_no_peer_cert = ${tls === 'mutual'}`,
      );
    }
    writeFileSync(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
    writeFileSync(join(folder, 'plugins'), '[].');
    writeFileSync(join(folder, '.erlang.cookie'), COOKIE, { mode: 0o400 });
    writeFileSync(join(folder, 'definitions.json'), JSON.stringify(DEFINITIONS));
  }

  async #run(): Promise<void> {
    rmSync(join(this.#folder, 'pid'), { force: true });
    const out = openSync(join(this.#folder, 'out'), 'w');
    const child = spawn(SERVER, [], {
      env: this.#environment,
      stdio: ['ignore', out, out],
      detached: true,
    });
    closeSync(out);
    this.#child = child;
    const deadline = Date.now() + START_TIMEOUT;
    while (!(await listens(this.port))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the broker does not start (${child.exitCode}): ${this.#log()}`);
      }
      await sleep(50);
    }
  }

  /** The end of what it printed, which says why it did not start, and of its log. */
  #log(): string {
    const ends = ['out', `${this.nodeName}.log`].map((file) => {
      try {
        return readFileSync(join(this.#folder, file), 'utf8').slice(-2000);
      } catch {
        return `there is no ${file}`;
      }
    });
    return ends.join('\n');
  }
}

/** The port mapper of Erlang, without which nodes do not find each other. */
class Epmd {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  static async start(port: number): Promise<Epmd> {
    const child = spawn('epmd', ['-port', String(port), '-address', '127.0.0.1'], {
      stdio: 'ignore',
    });
    while (!(await listens(port))) await sleep(10);
    return new Epmd(port, child);
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

const running = new Set<RabbitmqBroker>();
process.on('exit', () => {
  for (const broker of running) broker.abandon();
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGALRM'] as const) {
  process.once(signal, () => process.exit(1));
}

async function listens(port: number): Promise<boolean> {
  const socket: Socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Ports of loopback that nobody uses now. Those that the system gives to who connects are not among them: while a node is down,
 * somebody could get its port.
 */
async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const server = createServer().listen(randomInt(15_000, 30_000), '127.0.0.1');
    const failed = await once(server, 'listening').catch((error: NodeJS.ErrnoException) => error);
    if (Array.isArray(failed)) servers.push(server);
    else if (failed.code !== 'EADDRINUSE') throw failed;
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  );
  return ports;
}

function makeCertificates(folder: string): Certificates {
  const openssl = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  const key = (name: string) =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  for (const name of ['ca', 'other-ca']) {
    key(name);
    const subject = ['-subj', `/CN=${name}`, '-days', '2', '-out', `${name}.pem`];
    openssl('req', '-x509', '-new', '-key', `${name}.key`, ...subject);
  }
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  for (const name of ['server', 'client']) {
    key(name);
    openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    const files = ['-in', `${name}.csr`, '-extfile', 'names', '-out', `${name}.pem`];
    openssl('x509', '-req', ...authority, ...files);
  }
  const path = (file: string) => join(folder, file);
  return {
    ca: path('ca.pem'),
    otherCa: path('other-ca.pem'),
    server: { cert: path('server.pem'), key: path('server.key') },
    client: { cert: path('client.pem'), key: path('client.key') },
  };
}

const COOKIE = 'zeromqpuretest';
const START_TIMEOUT = 180_000;

const all = { configure: '.*', write: '.*', read: '.*' };
const DEFINITIONS = {
  users: ['guest', 'reader', 'listener'].map((name) => ({
    name,
    password: name,
    tags: name === 'guest' ? 'administrator' : '',
  })),
  vhosts: [{ name: '/' }, { name: 'asgi' }],
  permissions: [
    { user: 'guest', vhost: '/', ...all },
    { user: 'guest', vhost: 'asgi', ...all },
    { user: 'reader', vhost: 'asgi', configure: '^$', write: '.*', read: '.*' },
    {
      user: 'listener',
      vhost: 'asgi',
      configure: '.*',
      write: '^(listener.*|groups)$',
      read: '.*',
    },
  ],
};
