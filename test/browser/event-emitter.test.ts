/** The EventEmitter of pages does what that of Node does. */

import { EventEmitter as Theirs } from 'node:events';
import t from 'tap';
import { EventEmitter as Ours } from '../../src/browser/event-emitter.ts';

for (const [whose, Emitter] of [
  ['ours', Ours as unknown as typeof Theirs],
  ['that of Node', Theirs],
] as const) {
  t.test(`${whose}: calls in order, once, and no longer`, async (t) => {
    const emitter = new Emitter();
    const calls: string[] = [];
    const first = (value: number) => calls.push(`first ${value}`);
    const second = () => calls.push('second');
    emitter.on('a', first).once('a', second).addListener('a', second);
    t.equal(emitter.listenerCount('a'), 3);
    t.equal(emitter.emit('a', 1), true);
    t.equal(emitter.listenerCount('a'), 2);
    emitter.off('a', first).removeListener('a', second).off('a', second);
    t.equal(emitter.emit('a', 2), false);
    t.same(calls, ['first 1', 'second', 'second']);
    emitter.once('a', second).off('a', second);
    t.equal(emitter.listenerCount('a'), 0, 'one that was to be called once is taken away, too');
  });

  t.test(`${whose}: who goes while others are called does not disturb them`, async (t) => {
    const emitter = new Emitter();
    const calls: string[] = [];
    emitter.once('a', () => calls.push('one'));
    emitter.on('a', () => emitter.removeAllListeners('a'));
    emitter.on('a', () => calls.push('three'));
    emitter.emit('a');
    emitter.emit('a');
    t.same(calls, ['one', 'three']);
    emitter.on('b', () => calls.push('b'));
    emitter.removeAllListeners();
    t.equal(emitter.emit('b'), false);
  });

  t.test(`${whose}: tells of listeners, and throws an error that nobody hears`, async (t) => {
    const emitter = new Emitter();
    const told: unknown[] = [];
    emitter.on('newListener', (name) => told.push(`+${name} ${emitter.listenerCount('a')}`));
    emitter.on('removeListener', (name) => told.push(`-${name} ${emitter.listenerCount('a')}`));
    const listener = () => {};
    emitter.on('a', listener).off('a', listener).off('a', listener);
    t.same(told, ['+removeListener 0', '+a 0', '-a 0']);
    const error = new Error('nobody listens');
    t.throws(() => emitter.emit('error', error), error);
    emitter.on('error', () => told.push('heard'));
    t.equal(emitter.emit('error', error), true);
  });
}
