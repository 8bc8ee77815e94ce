/** The ends of zeromq-pure and of zeromq.js: a program `PACKAGE ROLE key=value…`, the same for both. */

import { Orders } from './contract.ts';
import { dealer, router } from './dealer-router.ts';
import { idleServer } from './idle-server.ts';
import { newcomers } from './newcomers.ts';
import { pub, sub } from './pub-sub.ts';
import { backlog, inproc, pull, push, thread, threads } from './push-pull.ts';
import { rep, req } from './req-rep.ts';
import type { Zmq } from './style.ts';

const ROLES: Record<string, (zmq: Zmq, orders: Orders) => Promise<void>> = {
  push,
  pull,
  inproc,
  threads,
  thread,
  req,
  rep,
  pub,
  sub,
  dealer,
  router,
  newcomers,
  backlog,
  'idle-server': idleServer,
};

const [name = '', ...args] = process.argv.slice(2);
const orders = new Orders(args);
const role = ROLES[orders.role];
if (role === undefined) throw new Error(`no role "${orders.role}"`);
await role((await import(name)) as Zmq, orders);
