import t from 'tap';
import { encodeGreeting, GREETING_SIZE, GreetingDecoder } from '../../src/zmtp/greeting.ts';
import { greeting, hex, latin } from '../support/wire.ts';

t.test('our greeting is that of the RFC', async (t) => {
  t.same(
    encodeGreeting('NULL'),
    Buffer.concat([
      hex('ff 0000000000000000 7f | 03 01 | 4e554c4c'),
      Buffer.alloc(16),
      Buffer.alloc(32),
    ]),
  );
  t.same(encodeGreeting('CURVE').subarray(12, 33), hex(`4355525645 ${'00'.repeat(16)}`));
});

t.test('a greeting split at every octet reads the same, and what follows is left', async (t) => {
  const octets = Buffer.concat([greeting(), latin('rest')]);
  for (let cut = 0; cut <= octets.length; cut++) {
    const decoder = new GreetingDecoder();
    const first = octets.subarray(0, cut);
    let taken = decoder.push(first);
    t.equal(taken, Math.min(cut, GREETING_SIZE));
    t.equal(decoder.done, cut >= GREETING_SIZE, `cut at ${cut}`);
    taken += decoder.push(octets.subarray(cut));
    t.equal(taken, GREETING_SIZE);
    t.ok(decoder.done);
    t.doesNotThrow(() => decoder.checkMechanism('NULL'));
    t.equal(decoder.minor, 1);
  }
});

t.test('versions: 3.x and above are read as what both speak', async (t) => {
  const table: readonly [number, number, number][] = [
    [3, 0, 0],
    [3, 1, 1],
    [3, 2, 1],
    [3, 255, 1],
    [4, 0, 1],
    [255, 9, 1],
  ];
  for (const [major, minor, both] of table) {
    const octets = greeting(minor);
    octets[10] = major;
    const decoder = new GreetingDecoder();
    decoder.push(octets);
    t.equal(decoder.minor, both, `${major}.${minor}`);
  }
});

t.test('older versions are refused at the octet that shows them', async (t) => {
  const table: readonly [string, number, string, RegExp][] = [
    ['revision 0', 11, 'ff 0000000000000001 7f 00', /1\.0/],
    ['revision 1', 11, 'ff 0000000000000001 7f 01', /2\.0/],
    ['revision 2', 11, 'ff 0000000000000001 7f 02', /2\.0/],
    ['1.0 with a long identity', 10, 'ff 0000000000000100 00', /1\.0/],
  ];
  for (const [what, length, text, version] of table) {
    const octets = hex(text);
    t.equal(octets.length, length);
    const decoder = new GreetingDecoder();
    decoder.push(octets.subarray(0, length - 1));
    t.throws(
      () => decoder.push(octets.subarray(length - 1)),
      { code: 'ERR_ZMTP_VERSION_UNSUPPORTED', message: version },
      what,
    );
    t.throws(() => new GreetingDecoder().push(octets), { code: 'ERR_ZMTP_VERSION_UNSUPPORTED' });
  }
});

t.test('what is not ZMTP is refused at its first octet', async (t) => {
  for (const text of ['G', 'GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01', '\0', '\x01\0', '\xfe']) {
    const octets = latin(text);
    t.throws(() => new GreetingDecoder().push(octets), { code: 'ERR_ZMTP_NOT_ZMTP' });
    t.throws(() => new GreetingDecoder().push(octets.subarray(0, 1)), {
      code: 'ERR_ZMTP_NOT_ZMTP',
    });
  }
});

t.test('padding, the other bits of octet 9, as-server and filler do not matter', async (t) => {
  const octets = greeting();
  octets.fill(0xa5, 1, 9);
  octets[9] = 0xfd;
  octets.fill(0xff, 32);
  const decoder = new GreetingDecoder();
  t.equal(decoder.push(octets), GREETING_SIZE);
  t.doesNotThrow(() => decoder.checkMechanism('NULL'));
});

t.test('the mechanism counts in all twenty octets', async (t) => {
  const names = ['null', 'NULL\0junk', 'NUL', 'NULLX', '', 'PLAIN', 'x'.repeat(20), '\n'];
  for (const name of names) {
    const decoder = new GreetingDecoder();
    decoder.push(greeting(1, name));
    t.throws(() => decoder.checkMechanism('NULL'), { code: 'ERR_ZMTP_MECHANISM_MISMATCH' }, name);
  }
});

t.test('an empty chunk changes nothing', async (t) => {
  const decoder = new GreetingDecoder();
  t.equal(decoder.push(Buffer.alloc(0)), 0);
  t.notOk(decoder.done);
  decoder.push(greeting());
  t.equal(decoder.push(latin('x')), 0, 'nor does one too many');
});
