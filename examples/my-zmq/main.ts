/**
 * One server and four workers, each in a process of its own:
 *
 *     node build/examples/my-zmq/main.js -c examples/my-zmq/my-zmq.ini
 */

import { runAll } from 'zeromq-pure/daemon';
import { MyServer } from './server.ts';
import { MyWorker } from './worker.ts';

const { MY_ZMQ_WHERE } = process.env;
const where = MY_ZMQ_WHERE === 'thread' ? 'thread' : 'process';

process.exitCode = await runAll([{ daemon: MyWorker, count: 4 }, { daemon: MyServer }], { where });
