/** Configuration from an INI file, a JSON file and the environment. */

import { join } from 'node:path';
import t from 'tap';
import { ConfigError, configured, loadConfig } from '../../src/daemon/config.ts';
import { parseFlags } from '../../src/daemon/flags.ts';

const INI = `
[app:my_app]
use = egg:my.app
colour = blue

[channel:job]
bind = tcp://*:1, tcp://*:2
connect = tcp://one:1 tcp://two:2
sendHighWaterMark = 10
conflate = true

[channel:Worker:job]
connect = tcp://three:3

[channel:news]
subscribe = a, b

[channel:with.dot]
connect = tcp://four:4

[control]
bind = ipc:///tmp/control-{pid}

[logger_root]
level = INFO
handlers = console, file

[logger_other]
level = DEBUG
handlers =
qualname = other

[handler_console]
class = logging.StreamHandler
level = NOTSET
formatter = generic
args=(sys.stdout,)

[handler_file]
class = FileHandler
level = WARNING
args = ('/tmp/app.log', 'a')

[handler_zmq]
class = cs.eyrie.ZMQHandler
args = ("tcp://127.0.0.1:16385",)

[formatter_generic]
format = %(processName)-13s %(message)s
`;

t.test('an INI file', async (t) => {
  const path = join(t.testdir({ 'app.ini': INI }), 'app.ini');
  const config = loadConfig({ path, appName: 'my_app', env: {} });
  t.same(config.settings, { use: 'egg:my.app', colour: 'blue' });
  t.same(config.control, { bind: ['ipc:///tmp/control-{pid}'] });
  t.match(config.channels, {
    job: { bind: ['tcp://*:1', 'tcp://*:2'] },
    'with.dot': { connect: ['tcp://four:4'] },
  });
  t.same(config.log, {
    level: 'INFO',
    handlers: [
      { kind: 'stdout', level: 'DEBUG', format: '%(processName)-13s %(message)s' },
      { kind: 'file', target: '/tmp/app.log', level: 'WARNING', format: undefined },
    ],
  });
  const only = loadConfig({ path, appName: 'my_app', env: {}, logHandler: 'zmq' });
  t.match(only.log.handlers, [{ kind: 'zmq', target: 'tcp://127.0.0.1:16385' }]);
  t.equal(only.log.handlers.length, 1, '-l: that handler alone');
});

t.test('a deployment replaces the endpoints of who binds, and of who connects', async (t) => {
  const path = join(t.testdir({ 'app.ini': INI }), 'app.ini');
  const config = loadConfig({ path, appName: 'my_app', env: {} });
  const options = { sendHighWaterMark: 10, conflate: true };
  t.same(configured({ type: 'push', bind: 'tcp://*:9' }, config, 'Server', 'job'), {
    type: 'push',
    bind: ['tcp://*:1', 'tcp://*:2'],
    options,
  });
  t.same(configured({ type: 'pull', connect: 'tcp://x:9' }, config, 'Other', 'job'), {
    type: 'pull',
    connect: ['tcp://one:1', 'tcp://two:2'],
    options,
  });
  t.match(configured({ type: 'pull', connect: 'tcp://x:9' }, config, 'Worker', 'job'), {
    connect: ['tcp://three:3'],
  });
  t.match(configured({ type: 'sub', connect: 'tcp://x:9' }, config, 'Worker', 'news'), {
    connect: 'tcp://x:9',
    subscribe: ['a', 'b'],
  });
});

t.test('the environment has the last word', async (t) => {
  const path = join(t.testdir({ 'app.ini': INI }), 'app.ini');
  const env = {
    MY_APP_JOB_BIND: 'tcp://*:7',
    MY_APP_TWO_WORDS_CONNECT: 'tcp://a:1,tcp://b:2',
    MY_APP_SETTING_COLOUR: 'red',
    MY_APP_LOG_LEVEL: 'debug',
    MY_APP_CONTROL_CONNECT: 'tcp://herald:1',
    OTHER_JOB_BIND: 'tcp://*:8',
  };
  const config = loadConfig({ path, appName: 'my_app', env });
  t.match(config.settings, { colour: 'red' });
  t.equal(config.log.level, 'DEBUG');
  t.same(config.control.connect, ['tcp://herald:1']);
  t.same(configured({ type: 'push', bind: 'x' }, config, 'A', 'job').bind, ['tcp://*:7']);
  for (const name of ['two_words', 'two-words']) {
    const own = configured({ type: 'pull', connect: 'x' }, config, 'A', name);
    t.same(own.connect, ['tcp://a:1', 'tcp://b:2']);
  }
});

t.test('the same in JSON', async (t) => {
  const json = {
    app: { colour: 'blue' },
    channels: { job: { bind: ['tcp://*:1'], sendHighWaterMark: 10 } },
    control: { bind: ['ipc:///tmp/c'] },
    log: { level: 'WARNING', handlers: { console: { kind: 'stdout', format: '%(message)s' } } },
  };
  const path = join(t.testdir({ 'app.json': JSON.stringify(json) }), 'app.json');
  const config = loadConfig({ path, appName: 'my_app', env: {} });
  t.same(config.settings, { colour: 'blue' });
  t.match(config.channels, { job: { bind: ['tcp://*:1'], options: { sendHighWaterMark: 10 } } });
  t.match(config.log, { level: 'WARNING', handlers: [{ kind: 'stdout' }] });
});

t.test('without a file there are defaults', async (t) => {
  const config = loadConfig({ appName: 'my_app', env: {} });
  t.match(config.log, { level: 'INFO', handlers: [{ kind: 'stderr' }] });
  t.same(config.channels, {});
});

t.test('mistakes', async (t) => {
  const folder = t.testdir({
    'bad.json': '{',
    'class.ini': '[logger_root]\nhandlers = a\n[handler_a]\nclass = SMTPHandler\n',
    'level.ini': '[logger_root]\nlevel = LOUD\n',
  });
  for (const name of ['bad.json', 'class.ini', 'level.ini', 'none.ini']) {
    const source = { path: join(folder, name), appName: 'a', env: {} };
    t.throws(() => loadConfig(source), ConfigError, name);
  }
});

t.test('flags, with those of the daemon itself', async (t) => {
  const own = { size: { type: 'string' }, fast: { type: 'boolean' } } as const;
  const argv = ['-c', 'a.ini', '-t', '(a)', '-l', 'zmq', '--blocking-log-threshold', '0.5'];
  t.same(parseFlags([...argv, '--size', '3', '--fast'], own), {
    config: 'a.ini',
    title: '(a)',
    logHandler: 'zmq',
    blockingLogThreshold: 0.5,
    own: { size: '3', fast: true },
  });
  t.equal(parseFlags([]).blockingLogThreshold, 5);
  t.throws(() => parseFlags(['--size', '3']), ConfigError);
  t.throws(() => parseFlags(['--blocking-log-threshold', 'x']), ConfigError);
});
