/** A child of the harness: no line it prints is lost, however many come at once. */

import t from 'tap';
import { Child } from '../../bench/child.ts';

t.test('facts that come in one read are all told, in the order they are asked for', async (t) => {
  const program = `process.stdout.write('{"measuring":true}\\n{"result":1}\\n{"count":2}\\n');
    process.stdin.resume();`;
  const child = new Child([process.execPath, '-e', program], 'end');
  t.teardown(() => child.end());
  t.same(await child.fact(['measuring', 'result'], 30_000), { measuring: true });
  t.same(await child.fact('count', 30_000), { count: 2 });
  t.same(await child.fact(['measuring', 'result'], 30_000), { result: 1 });
});

t.test('a child that ends rejects whoever waits, and says what it complained about', async (t) => {
  const child = new Child([process.execPath, '-e', 'throw new Error("no such role")'], 'end');
  await t.rejects(child.fact('ready', 30_000), /end ended early \(1\).*Error: no such role/);
  await t.rejects(child.fact('ready', 30_000), /end ended early/);
});
