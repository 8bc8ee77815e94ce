/** `npm run torture`: faults of networks and hosts (rows 3d of the plan), and those of 3a that take their time. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as later } from 'node:timers/promises';
import type { Test } from 'tap';
import { Dealer, Pull, Push, Router } from '../../src/index.ts';
import { FaultProxy } from '../support/faults/proxy.ts';
import { connectRaw, greeting } from '../support/raw-peer.ts';
import { blockFor, eventually, Log, texts, use } from '../support/sockets.ts';
import { row, SECONDS } from '../support/torture.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOOR = join(ROOT, 'dist/index.js');

row('3a', 'silent, half greeted, dripping, for 30 s', 'closed at 30 s ±100 ms', async (t) => {
  const pull = use(t, new Pull());
  await pull.bind('tcp://127.0.0.1:*');
  const began = performance.now();
  const peers = await Promise.all([1, 2, 3].map(() => connectRaw(t, pull.lastEndpoint!)));
  peers[1]!.write(greeting().subarray(0, 20));
  let at = 0;
  const drip = setInterval(() => peers[2]!.write(greeting().subarray(at, ++at)), 2_000);
  const times = await Promise.all(
    peers.map((peer) => peer.closed.then(() => performance.now() - began)),
  );
  clearInterval(drip);
  const worst = Math.max(...times.map((time) => Math.abs(time - 30_000)));
  return { result: `off by at most ${worst.toFixed(0)} ms`, good: worst <= 100 };
});

// Measured of libzmq: a client with an interval of 200 ms goes after 302; with 200/1 000 after 1 102, and a TTL of 2 000 lets the
// server, which sends no heartbeat of its own, go after 1 904.
for (const [heartbeat, client, server] of [
  [{ heartbeatInterval: 200 }, 302, undefined],
  [{ heartbeatInterval: 200, heartbeatTimeout: 1_000, heartbeatTimeToLive: 2_000 }, 1_102, 1_904],
] as const) {
  const { heartbeatInterval: margin } = heartbeat;
  const wanted = [client, server].filter((time) => time !== undefined);
  const title = `half-open, heartbeat ${Object.values(heartbeat).join('/')} ms of the client`;
  row('3d', title, `${wanted.join(' and ')} ms ±${margin}, as libzmq`, async (t) => {
    const router = use(t, new Router());
    await router.bind('tcp://127.0.0.1:*');
    const proxy = await FaultProxy.open(t, router.lastEndpoint!);
    const dealer = use(t, new Dealer({ ...heartbeat, reconnectInterval: 60_000 }));
    const logs = [new Log(dealer), new Log(router)].slice(0, wanted.length);
    dealer.connect(proxy.endpoint);
    await dealer.send(Buffer.alloc(100));
    await router.receive();
    // So that a PING with its TTL is what was heard last.
    await later(500);
    proxy.silence();
    const began = performance.now();
    const times = await Promise.all(
      logs.map((log) => log.next('disconnect').then(() => performance.now() - began)),
    );
    return {
      result: `${times.map((time) => time.toFixed(0)).join(' and ')} ms`,
      good: times.every((time, i) => Math.abs(time - wanted[i]!) <= margin),
    };
  });
}

row('3d', 'event loop blocked for 5 s, heartbeat 100 ms', 'no connection lost', async (t) => {
  const { push, pull, logs } = await beating(t);
  for (let n = 0; n < 3; n++) {
    blockFor(5_000);
    await push.send(`${n}`);
    if (texts(await pull.receive()).join() !== `${n}`) throw new Error('wrong message');
  }
  const lost = logs.reduce((sum, log) => sum + log.count('disconnect'), 0);
  return { result: `${lost} lost`, good: lost === 0 };
});

row('3d', 'SIGSTOP for 30 s, both ends in one process', 'no connection lost', async (t) => {
  const seconds = Math.min(30, SECONDS);
  const child = program(
    t,
    `const options = { heartbeatInterval: 100, heartbeatTimeout: 300 };
     const [pull, push] = [new zmq.Pull(options), new zmq.Push(options)];
     let lost = 0;
     for (const socket of [pull, push]) socket.events.on('disconnect', () => lost++);
     await pull.bind('tcp://127.0.0.1:*');
     push.connect(pull.lastEndpoint);
     for (let n = 0; ; n++) {
       await push.send(String(n));
       await pull.receive();
       console.log(lost);
       await new Promise((resolve) => setTimeout(resolve, 50));
     }`,
  );
  await child.line();
  child.process.kill('SIGSTOP');
  await later(seconds * 1_000);
  child.process.kill('SIGCONT');
  let lost = '';
  for (let n = 0; n < 40; n++) lost = await child.line();
  return { result: `${lost} lost after ${seconds} s`, good: lost === '0' };
});

row(
  '3d',
  'wall clock set forth and back a day, heartbeat 100 ms',
  'no connection lost',
  async (t) => {
    const { push, pull, logs } = await beating(t);
    const real = Date.now;
    try {
      for (const jump of [86_400_000, -86_400_000, 0]) {
        Date.now = () => real() + jump;
        await later(500);
        await push.send('x');
        await pull.receive();
      }
    } finally {
      Date.now = real;
    }
    const lost = logs.reduce((sum, log) => sum + log.count('disconnect'), 0);
    return { result: `${lost} lost`, good: lost === 0 };
  },
);

row('3d', '100 endpoints nobody answers: refused, and no such name', 'CPU < 1 %', async (t) => {
  const seconds = SECONDS;
  const child = program(
    t,
    `const push = new zmq.Push({ reconnectInterval: 1000, reconnectMaxInterval: 30000, linger: 0 });
     const pull = new zmq.Pull();
     await pull.bind('tcp://127.0.0.1:*');
     const dead = pull.lastEndpoint;
     await pull.unbind(dead);
     for (let n = 0; n < 50; n++) push.connect(dead);
     for (let n = 0; n < 50; n++) push.connect('tcp://nobody' + n + '.invalid:5555');
     await new Promise((resolve) => setTimeout(resolve, 5000));
     const before = process.cpuUsage();
     await new Promise((resolve) => setTimeout(resolve, ${seconds * 1_000}));
     const { user, system } = process.cpuUsage(before);
     console.log((user + system) / ${seconds * 1e6} * 100);
     push.close();`,
  );
  const percent = Number(await child.line(seconds * 1_000 + 60_000));
  return { result: `${percent.toFixed(2)} % over ${seconds} s`, good: percent < 1 };
});

row('3d', 'EMFILE at the bound side (40 descriptors)', 'goes on, recovers', async (t) => {
  const child = program(
    t,
    `const router = new zmq.Router();
     await router.bind('tcp://127.0.0.1:*');
     console.log(router.lastEndpoint);
     for await (const [id, body] of router) await router.send([id, body]);`,
  );
  const endpoint = await child.line();
  // Not before it is loaded: Node opens as many modules at once.
  const limit = spawnSync('prlimit', ['--pid', `${child.process.pid}`, '--nofile=40:40']);
  if (limit.status !== 0) return 'no prlimit here';
  const crowd = await Promise.all(
    Array.from({ length: 200 }, () => connectRaw(t, endpoint).catch(() => undefined)),
  );
  await later(500);
  // libuv closes what it has no descriptor for, and tells nobody: there is no event to be had.
  const refused = crowd.filter((peer) => peer?.isClosed !== false).length;
  for (const peer of crowd) peer?.destroy();
  const dealer = use(t, new Dealer());
  const began = performance.now();
  dealer.connect(endpoint);
  await dealer.send('lawful');
  const [answer] = await dealer.receive();
  const took = performance.now() - began;
  return {
    result: `${refused} of 200 turned away, served ${took.toFixed(0)} ms after`,
    good: String(answer) === 'lawful' && refused > 100 && child.process.exitCode === null,
  };
});

row(
  '3d',
  'EMFILE at the connecting side (ulimit -n 120)',
  'no crash, the rest served',
  async (t) => {
    const router = use(t, new Router());
    await router.bind('tcp://127.0.0.1:*');
    const child = program(
      t,
      `const all = [];
     let failures = 0;
     for (let n = 0; n < 200; n++) {
       const dealer = new zmq.Dealer({ reconnectInterval: 100, linger: 0 });
       dealer.events.on('close', () => failures++);
       dealer.connect('${router.lastEndpoint}');
       dealer.send(String(n)).catch(() => {});
       all.push(dealer);
     }
     await new Promise((resolve) => setTimeout(resolve, 1500));
     for (const dealer of all.splice(0, 180)) dealer.close();
     console.log(failures);
     setTimeout(() => {}, 20000);`,
      'ulimit -n 120; exec',
    );
    const failures = Number(await child.line());
    const seen = new Set<string>();
    await eventually('the last twenty are there', () => {
      for (
        let message = router.tryReceive();
        message !== undefined;
        message = router.tryReceive()
      ) {
        seen.add(String(message[1]));
      }
      return Array.from({ length: 20 }, (_, n) => seen.has(`${180 + n}`)).every(Boolean);
    });
    return { result: `${failures} attempts failed, then all served`, good: failures > 0 };
  },
);

row('3d', 'ENOSPC for the log of a daemon (tmpfs of 1 MiB)', 'told, no crash', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'full-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder]).status !== 0) {
    return 'mounting is not permitted here';
  }
  t.teardown(() => spawnSync('umount', ['-l', folder]));
  writeFileSync(join(folder, 'filler'), Buffer.alloc(1_000_000));
  const log = join(folder, 'log');
  const child = program(
    t,
    `const { Logger } = await import('${DOOR.replace('index.js', 'daemon/log.js')}');
     const logger = new Logger('x', 'y', { level: 'INFO', handlers: [{ kind: 'file', target: '${log}' }] });
     for (let n = 0; n < 200; n++) logger.info('line ' + n + ' ' + 'x'.repeat(1000));
     (await import('node:fs')).unlinkSync('${join(folder, 'filler')}');
     logger.info('there is room again');
     console.log('alive');`,
  );
  const line = await child.line();
  const written = readFileSync(log, 'utf8');
  return {
    result: `${line}, ${child.errors().split('\n').length - 1} lines on stderr, goes on: ${written.includes('room again')}`,
    good: line === 'alive' && child.errors().includes('ENOSPC') && written.includes('room again'),
  };
});

row(
  '3d',
  '100 link flaps between two network namespaces',
  'order, no doubles, back ≤ 220 ms',
  async (t) => {
    const names = [`zp${process.pid}a`, `zp${process.pid}b`];
    const ip = (...args: string[]): boolean =>
      spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
    if (!names.every((name) => ip('netns', 'add', name))) return 'no network namespaces here';
    t.teardown(() => {
      for (const name of names) ip('netns', 'del', name);
    });
    const ends = names.map((name) => `${name}v`);
    ip('link', 'add', ends[0]!, 'type', 'veth', 'peer', 'name', ends[1]!);
    for (const [i, name] of names.entries()) {
      ip('link', 'set', ends[i]!, 'netns', name);
      ip('-n', name, 'addr', 'add', `10.77.0.${i + 1}/24`, 'dev', ends[i]!);
      ip('-n', name, 'link', 'set', ends[i]!, 'up');
    }
    const options =
      '{ heartbeatInterval: 200, heartbeatTimeout: 600, reconnectInterval: 100, linger: 0 }';
    const listener = program(
      t,
      `const pull = new zmq.Pull(${options});
     await pull.bind('tcp://10.77.0.1:5555');
     console.log('bound');
     let [last, count, bad] = [-1, 0, 0];
     setInterval(() => console.log([last, count, bad].join(' ')), 10);
     for await (const [body] of pull) {
       const n = Number(body);
       if (n <= last) bad++;
       last = Math.max(last, n);
       count++;
     }`,
      `exec ip netns exec ${names[0]}`,
    );
    await listener.line();
    const speaker = program(
      t,
      `const push = new zmq.Push(${options});
     push.connect('tcp://10.77.0.1:5555');
     for (let n = 0; ; n++) {
       await push.send(String(n));
       await new Promise((resolve) => setTimeout(resolve, 2));
     }`,
      `exec ip netns exec ${names[1]}`,
    );
    const flaps = SECONDS >= 60 ? 100 : 10;
    /** Milliseconds: of all flaps, and beyond what TCP may take. */
    let [worst, excess] = [0, 0];
    const report = async (): Promise<number[]> => (await listener.fresh()).split(' ').map(Number);
    for (let n = 0; n < flaps; n++) {
      ip('-n', names[1]!, 'link', 'set', ends[1]!, 'down');
      const outage = 100 + (n % 10) * (SECONDS >= 60 ? 540 : 100);
      await later(outage);
      ip('-n', names[1]!, 'link', 'set', ends[1]!, 'up');
      const began = performance.now();
      const [before] = await report();
      while ((await report())[0]! <= before!) {
        if (performance.now() - began > 60_000) throw new Error(`flap ${n}: never back`);
      }
      const back = performance.now() - began;
      worst = Math.max(worst, back);
      // Up to then the connection lives on, and TCP sends again after pauses that grow as the outage does.
      excess = Math.max(excess, back - (outage < 1_000 ? outage : 0));
    }
    const [last, count, bad] = await report();
    speaker.process.kill();
    return {
      result: `${flaps} flaps: ${count} of ${last! + 1} came, ${bad} doubled or late, back in ${Math.round(worst)} ms`,
      // Twice the interval, and what it takes until a message has come through and that is reported.
      good: bad === 0 && excess <= 220,
    };
  },
);

for (const [linger, wanted] of [
  [0, 'ends at once'],
  [1_000, 'ends after 1 s'],
  [-1, 'waits, delivers'],
] as const) {
  row('3d', `process end with unsent messages, linger ${linger}`, wanted, async (t) => {
    const pull = use(t, new Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const endpoint = pull.lastEndpoint!;
    await pull.unbind(endpoint);
    const child = program(
      t,
      `const push = new zmq.Push({ linger: ${linger}, reconnectInterval: 50 });
       push.connect('${endpoint}');
       await push.send('x');
       console.log('sent');
       push.close();`,
    );
    await child.line();
    const began = performance.now();
    const ended = once(child.process, 'exit');
    if (linger < 0) {
      await later(3_000);
      if (child.process.exitCode !== null) return { result: 'it did not wait', good: false };
      await pull.bind(endpoint);
      if (texts(await pull.receive()).join() !== 'x') throw new Error('wrong message');
    }
    await ended;
    const took = performance.now() - began;
    const good =
      linger === 0 ? took < 900 : linger > 0 ? took > 900 && took < 2_500 : took >= 3_000;
    return { result: `ended after ${Math.round(took)} ms`, good };
  });
}

/** A PUSH and a PULL with a quick heartbeat. */
async function beating(t: Test) {
  const options = { heartbeatInterval: 100, heartbeatTimeout: 300, heartbeatTimeToLive: 300 };
  const [push, pull] = [use(t, new Push(options)), use(t, new Pull(options))];
  const logs = [new Log(push), new Log(pull)];
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint!);
  await push.waitFor('handshake');
  return { push, pull, logs };
}

/** A program in a process of its own, with the built package as `zmq`; `before` is what the shell does first. */
function program(t: Test, code: string, before = 'exec') {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const source = `import * as zmq from '${DOOR}'; ${code}`;
  const child = spawn(
    'sh',
    // tap would have a hand in it, and open files.
    [
      '-c',
      `unset NODE_OPTIONS; ${before} "$0" --input-type=module -e "$1"`,
      process.execPath,
      source,
    ],
    { env },
  );
  t.teardown(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const unread: string[] = [];
  let ended = false;
  let wake = (): void => {};
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (text) => {
    unread.push(text);
    wake();
  });
  reader.on('close', () => {
    ended = true;
    wake();
  });
  /** The next line it says. */
  const line = async (patience = 60_000): Promise<string> => {
    const end = performance.now() + patience;
    while (unread.length === 0) {
      if (ended) throw new Error(`it ended: ${errors}`);
      if (performance.now() > end) throw new Error(`nothing said in ${patience} ms ${errors}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, end - performance.now());
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return unread.shift()!;
  };
  /** The next line it says from now on. */
  const fresh = (): Promise<string> => {
    unread.length = 0;
    return line();
  };
  return { process: child, line, fresh, errors: () => errors };
}
