import t, { type Test } from 'tap';
import { ProcessHold } from '../../../src/base/process-hold.ts';
import { Incoming } from '../../../src/sockets/core/incoming.ts';
import type { OptionValues } from '../../../src/sockets/options/options.ts';
import { PullPattern } from '../../../src/sockets/pattern/pull.ts';
import { FakeHost, FakePeer } from '../../support/cores/fake-peer.ts';

/** So many calls are served at once before one is served at the end of the tick. */
const PROMPT = 64;

/** A PULL with a peer that speaks, and a call to `receive` that is served late next. */
async function setUp(t: Test): Promise<{ incoming: Incoming; say(text: string): void }> {
  const host = new FakeHost();
  const pattern = new PullPattern(host);
  const hold = new ProcessHold();
  t.teardown(() => hold.end());
  const values = { receiveTimeout: -1 } as unknown as OptionValues;
  const incoming = new Incoming(
    pattern,
    values,
    hold,
    () => {},
    () => true,
  );
  host.readable = () => incoming.wake();
  const peer = FakePeer.of(pattern);
  for (let n = 0; n < PROMPT; n++) {
    const call = settled(incoming.receive(undefined));
    peer.say(`${n}`);
    await null;
    await null;
    t.equal(call.value, `${n}`, 'at once');
  }
  return { incoming, say: (text) => void peer.say(text) };
}

/** What `call` resolved with, as text, once it has. */
function settled(call: Promise<readonly Buffer[]>): { value?: string } {
  const seen: { value?: string } = {};
  void call.then(([part]) => {
    seen.value = String(part);
  });
  return seen;
}

function tick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

t.test(
  'a call in many is served at the end of the tick, all where more has come by then',
  async (t) => {
    const { incoming, say } = await setUp(t);
    for (const more of [true, true, false]) {
      const call = settled(incoming.receive(undefined));
      say('a');
      if (more) say('b');
      await null;
      await null;
      t.equal(call.value, undefined);
      await tick();
      t.equal(call.value, 'a');
      if (more) t.equal(String((await incoming.receive(undefined))[0]), 'b');
    }
    const call = settled(incoming.receive(undefined));
    say('c');
    await null;
    await null;
    t.equal(call.value, 'c', 'nothing more had come');
  },
);

t.test('what comes before that end', async (t) => {
  await t.test('who watches is not woken by what another call takes', async (t) => {
    const { incoming, say } = await setUp(t);
    let readable = 0;
    void incoming.readable(undefined).then(() => readable++);
    const call = settled(incoming.receive(undefined));
    say('a');
    await tick();
    await null;
    t.equal(call.value, 'a');
    t.equal(readable, 0);
    void settled(incoming.receive(undefined));
    say('b');
    say('c');
    await tick();
    await null;
    t.equal(readable, 1, 'by what is left');
  });

  await t.test('an abort: nothing is taken', async (t) => {
    const { incoming, say } = await setUp(t);
    const aborter = new AbortController();
    const call = incoming.receive({ signal: aborter.signal });
    say('a');
    aborter.abort(new Error('enough'));
    await t.rejects(call, { message: 'enough' });
    await tick();
    t.equal(String(incoming.tryReceive()), 'a');
  });

  await t.test('the end of the socket: the call gets its message', async (t) => {
    const { incoming, say } = await setUp(t);
    const call = incoming.receive(undefined);
    say('a');
    incoming.close('EAGAIN');
    t.equal(String((await call)[0]), 'a');
    await tick();
  });

  await t.test('another call that takes it: this one waits on', async (t) => {
    const { incoming, say } = await setUp(t);
    const call = settled(incoming.receive(undefined));
    say('a');
    t.equal(String(incoming.tryReceive()), 'a');
    await tick();
    await null;
    t.equal(call.value, undefined);
    say('b');
    await tick();
    t.equal(call.value, 'b');
  });
});
