import t from 'tap';
import { Heartbeat, type HeartbeatOptions } from '../../src/zmtp/heartbeat.ts';

const NEVER = Number.POSITIVE_INFINITY;

function heartbeat(given: Partial<HeartbeatOptions> = {}): Heartbeat {
  return new Heartbeat({
    heartbeatInterval: 200,
    heartbeatTimeToLive: 0,
    heartbeatTimeout: -1,
    ...given,
  });
}

t.test('without an interval there is nothing to do', async (t) => {
  const quiet = heartbeat({ heartbeatInterval: 0, heartbeatTimeout: 100 });
  quiet.start(0);
  t.equal(quiet.deadline, NEVER);
  t.equal(quiet.elapsed(1e9), 'nothing');
});

t.test('nothing is due before the handshake is over', async (t) => {
  t.equal(heartbeat().deadline, NEVER);
  t.equal(heartbeat().elapsed(1e9), 'nothing');
});

t.test('a PING at each interval, as long as something comes back', async (t) => {
  const beat = heartbeat();
  beat.start(1000);
  for (let now = 1200; now <= 5000; now += 200) {
    t.equal(beat.deadline, now);
    t.equal(beat.elapsed(now - 0.5), 'nothing');
    t.equal(beat.elapsed(now), 'ping');
    beat.heard();
  }
});

t.test('silence: interval and time-out after the start, as measured with libzmq', async (t) => {
  const own = heartbeat({ heartbeatTimeout: 300 });
  own.start(0);
  t.equal(own.elapsed(200), 'ping');
  t.equal(own.elapsed(400), 'ping', 'PINGs go on');
  t.equal(own.deadline, 500, 'and do not put the end off');
  t.equal(own.elapsed(499), 'nothing');
  t.equal(own.elapsed(500), 'dead');
  const unset = heartbeat();
  unset.start(0);
  t.equal(unset.elapsed(200), 'ping');
  t.equal(unset.elapsed(399), 'nothing');
  t.equal(unset.elapsed(400), 'dead');
});

t.test('a time-out of 0 is none', async (t) => {
  const patient = heartbeat({ heartbeatTimeout: 0 });
  patient.start(0);
  for (let now = 200; now < 20_000; now += 200) t.equal(patient.elapsed(now), 'ping');
});

t.test('a sign of life puts the end off until the next PING', async (t) => {
  const beat = heartbeat({ heartbeatTimeout: 300 });
  beat.start(0);
  t.equal(beat.elapsed(200), 'ping');
  beat.heard();
  t.equal(beat.elapsed(400), 'ping');
  t.equal(beat.deadline, 600);
  t.equal(beat.elapsed(600), 'ping');
  t.equal(beat.deadline, 700, 'counted from the PING at 400');
  t.equal(beat.elapsed(700), 'dead');
});

t.test('silence that is excused counts from later on, and never from earlier', async (t) => {
  const beat = heartbeat({ heartbeatTimeout: 300 });
  beat.start(0);
  beat.forgive(1000);
  t.equal(beat.deadline, 200, 'nothing is waited for yet');
  t.equal(beat.elapsed(200), 'ping');
  beat.forgive(450);
  beat.forgive(250);
  t.equal(beat.elapsed(749), 'ping');
  t.equal(beat.deadline, 750);
  t.equal(beat.elapsed(750), 'dead');
});

t.test("the peer's TTL is kept; 0 is none; anything heard ends it", async (t) => {
  const beat = heartbeat({ heartbeatInterval: 0 });
  beat.promised(0, 0);
  t.equal(beat.deadline, NEVER);
  beat.promised(5, 100);
  t.equal(beat.deadline, 600);
  t.equal(beat.elapsed(599), 'nothing');
  beat.heard();
  t.equal(beat.deadline, NEVER);
  beat.promised(65_535, 0);
  t.equal(beat.deadline, 6_553_500);
  t.equal(beat.elapsed(6_553_500), 'dead');
});

t.test('our TTL is told in tenths of a second, at most 655', async (t) => {
  for (const [ms, deciseconds] of [
    [0, 0],
    [99, 0],
    [100, 1],
    [3000, 30],
    [65_500, 655],
    [65_600, 655],
    [6_553_599, 655],
  ] as const) {
    t.equal(heartbeat({ heartbeatTimeToLive: ms }).ttlDeciseconds, deciseconds, `${ms}`);
  }
});

t.test('a clock that jumps gives one PING, not many', async (t) => {
  const beat = heartbeat({ heartbeatTimeout: 1e9 });
  beat.start(0);
  t.equal(beat.elapsed(100_000), 'ping');
  t.equal(beat.deadline, 100_200);
});
