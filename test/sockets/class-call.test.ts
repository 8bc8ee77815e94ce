/** Classes whose call without `new` zeromq.js words: what else a function in the place of a class must not change. */

import { inspect } from 'node:util';
import t from 'tap';
import * as theirs from 'zeromq';
import * as zmq from '../../src/index.ts';

const CLASSES: Readonly<Record<string, object>> = {
  Context: zmq.Context,
  Socket: zmq.Socket,
  Observer: zmq.Observer,
  Proxy: zmq.Proxy,
};

t.test('a call without new says what it says in zeromq.js', async (t) => {
  const native: Readonly<Record<string, unknown>> = theirs;
  for (const [name, type] of Object.entries({ ...CLASSES, Dealer: zmq.Dealer })) {
    t.equal(thrown(type), thrown(native[name]), name);
  }
});

t.test('the function has the name, prototype and statics of a class', async (t) => {
  for (const [name, value] of Object.entries(CLASSES)) {
    const type = value as { readonly prototype: object; readonly name: string };
    t.equal(type.name, name);
    t.equal(type.prototype.constructor, type);
    t.notOk(Object.getOwnPropertyDescriptor(type, 'prototype')?.writable);
    t.same(Object.keys(type), []);
    t.notOk(Object.getOwnPropertyDescriptor(type.prototype, 'constructor')?.enumerable);
  }
});

t.test('objects are instances, of our own subclasses too', async (t) => {
  const dealer = new zmq.Dealer();
  const other = new zmq.Router();
  t.teardown(() => [dealer, other].map((socket) => socket.close()));
  t.ok(dealer instanceof zmq.Socket);
  t.ok(dealer instanceof zmq.Dealer);
  t.ok(dealer.events instanceof zmq.Observer);
  t.ok(zmq.context instanceof zmq.Context);
  t.equal(zmq.context.constructor, zmq.Context);
  t.ok(new zmq.Proxy(dealer, other) instanceof zmq.Proxy);
});

t.test(
  'subclasses have private fields, new.target, their names and the base as their prototype',
  async (t) => {
    const targets: unknown[] = [];
    class Counted extends zmq.Context {
      #made = 0;
      static readonly kind: string = 'counted';
      constructor(options?: Partial<zmq.ContextOptions>) {
        super(options);
        targets.push(new.target);
      }
      next(): number {
        this.#made++;
        return this.#made;
      }
    }
    class CountedTwice extends Counted {}
    const made = new CountedTwice({ maxSockets: 5 });
    t.equal(made.maxSockets, 5);
    t.same([made.next(), made.next()], [1, 2]);
    t.same(targets, [CountedTwice]);
    t.ok(made instanceof zmq.Context);
    t.equal(Object.getPrototypeOf(Counted), zmq.Context);
    t.equal(CountedTwice.kind, 'counted');
    t.equal(inspect(Counted), "[class Counted extends Context] { kind: 'counted' }");
    t.match(inspect(made), /^CountedTwice /);
    t.throws(() => (Counted as unknown as () => void)(), {
      message: "Class constructor Counted cannot be invoked without 'new'",
    });
  },
);

t.test('a subclass of Socket has its options, methods and private fields', async (t) => {
  class Line extends zmq.Socket {
    readonly #label: string;
    constructor(label: string, options: object) {
      super(zmq.SocketType.Pair, options);
      this.#label = label;
    }
    get label(): string {
      return `${this.#label} ${this.getInt32Option(17)}`;
    }
  }
  const line = new Line('line', { linger: 7 });
  t.teardown(() => line.close());
  t.equal(line.label, 'line 7');
  t.ok(line instanceof zmq.Socket);
  const { Socket } = zmq as unknown as { Socket: new (type: number) => zmq.Socket };
  const bare = new Socket(zmq.SocketType.Pair);
  t.teardown(() => bare.close());
  t.equal(Object.getPrototypeOf(bare), zmq.Socket.prototype);
  t.match(inspect(bare), /^Socket /);
});

t.test('a subclass of Proxy and of Observer works', async (t) => {
  const [front, back] = [new zmq.Router(), new zmq.Dealer()];
  t.teardown(() => [front, back].map((socket) => socket.close()));
  class Named extends zmq.Proxy<zmq.Router, zmq.Dealer> {
    #name = 'named';
    get name(): string {
      return this.#name;
    }
  }
  const named = new Named(front, back);
  t.equal(named.name, 'named');
  t.equal(named.frontEnd, front);
  class Watch extends zmq.Observer {}
  const watch = new Watch(front);
  t.ok(watch instanceof zmq.Observer);
  watch.close();
});

t.test('Reflect.construct and a function of the old kind make subclasses', async (t) => {
  function Old(this: unknown): object {
    return Reflect.construct(zmq.Context, [], new.target ?? Old);
  }
  Old.prototype = Object.create(zmq.Context.prototype);
  const made = Reflect.construct(Old, []) as zmq.Context;
  t.equal(Object.getPrototypeOf(made), Old.prototype);
  t.equal(made.maxSockets, new zmq.Context().maxSockets);
});

t.test('the stack of an error in a constructor begins there', async (t) => {
  try {
    new zmq.Context(1 as never);
    t.fail('it must throw');
  } catch (error) {
    const frames = String((error as Error).stack)
      .split('\n')
      .slice(1);
    t.match(frames[0], /^ +at new Context /);
    t.ok(frames.some((frame) => frame.includes('class-call.test')));
  }
});

t.test('inspection names the classes', async (t) => {
  t.equal(inspect(zmq.Context), '[Function: Context]');
  t.equal(inspect(zmq.Context), inspect(theirs.Context));
  t.match(inspect(new zmq.Context()), /^Context /);
});

/** What a call throws: its class and sentence. */
function thrown(call: unknown): string {
  try {
    (call as () => unknown)();
    return 'nothing';
  } catch (error) {
    return String(error);
  }
}
