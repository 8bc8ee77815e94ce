/** Config: the settings of a deployment for its daemons, from an INI or JSON file and the environment. */

import { readFileSync } from 'node:fs';
import { type ChannelDeclaration, listOf } from './channel.ts';
import { parseIni } from './ini.ts';
import { DEFAULT_LOG, type LogConfig, type LogHandlerConfig } from './log.ts';
import { LEVELS, type LogLevel } from './log-record.ts';

/** Settings of a deployment for one channel. */
export interface ChannelConfig {
  /** Replaces the endpoints that the channel binds; ignored where it binds none. */
  readonly bind?: readonly string[] | undefined;
  /** Replaces the endpoints that the channel connects to; ignored where it connects to none. */
  readonly connect?: readonly string[] | undefined;
  /** Replaces the prefixes that a `sub` channel subscribes to. */
  readonly subscribe?: readonly string[] | undefined;
  /** Options of the socket; they override those of the declaration. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Endpoints for commands to a daemon. `{pid}` in an endpoint stands for the process id, `{title}` for the title, which threads
 * of one process need. There is no authentication: use loopback or ipc endpoints.
 */
export interface ControlConfig {
  /** Endpoints that a REP binds to answer commands. */
  readonly bind?: readonly string[] | undefined;
  /** Endpoints that a SUB connects to for commands to `*`, the process id, or the title. */
  readonly connect?: readonly string[] | undefined;
  /** Endpoints that a PUSH connects to, which sends the answers to the commands of `connect`. */
  readonly replies?: readonly string[] | undefined;
}

/** All settings of a deployment. */
export interface Config {
  /** The application's own settings: section `[app:NAME]`, or `app` in JSON. */
  readonly settings: Readonly<Record<string, string>>;
  /** By channel name, or `Class:channel` for the channel of one daemon only. */
  readonly channels: Readonly<Record<string, ChannelConfig>>;
  /** Endpoints for commands. */
  readonly control: ControlConfig;
  /** What is logged, and where. */
  readonly log: LogConfig;
}

/** A mistake in the configuration, for the user to correct. */
export class ConfigError extends Error {
  /** `ConfigError`. */
  override readonly name: string = 'ConfigError';
}

/** The sources of a configuration. */
export interface ConfigSource {
  /** Path of an INI file, or of a JSON file if its name ends in `.json`. Default none. */
  readonly path?: string | undefined;
  /** Name of the application: section `[app:NAME]`, and environment variables `NAME_…`. */
  readonly appName: string;
  /** Name of the one log handler to use. Default: all that the file names. */
  readonly logHandler?: string | undefined;
  /** The environment. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the configuration; variables of the environment override the file.
 *
 *     [app:my_zmq]             settings
 *     [channel:job]            bind, connect, subscribe (lists with commas), and any option of the socket
 *     [channel:MyServer:job]   the same, for one daemon
 *     [control]                bind, connect, replies
 *     [logger_root], [handler_NAME], [formatter_NAME]   as in Python's logging, for stream, file and zmq handlers
 *
 * Variables, for an application `my_zmq`: `MY_ZMQ_JOB_BIND`, `MY_ZMQ_JOB_CONNECT`, `MY_ZMQ_JOB_SUBSCRIBE`, `MY_ZMQ_CONTROL_BIND`
 * and so on, `MY_ZMQ_LOG_LEVEL`, and `MY_ZMQ_SETTING_…` for settings.
 *
 * @throws ConfigError for a file that cannot be read or understood
 */
export function loadConfig(source: ConfigSource): Config {
  const { path, appName, logHandler, env = process.env } = source;
  const sections = path === undefined ? {} : readSections(path);
  const app = section(sections, `app:${appName}`) ?? section(sections, 'app') ?? {};
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(app)) settings[name] = String(value);
  const channels: Record<string, ChannelConfig> = {};
  for (const name of Object.keys(sections)) {
    if (name.startsWith('channel:')) {
      channels[name.slice('channel:'.length)] = channelOf(sections[name] as Section);
    }
  }
  const control: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(section(sections, 'control') ?? {})) {
    control[name] = texts(value);
  }
  let level: LogLevel | undefined;

  const prefix = `${appName.toUpperCase().replace(/\W/g, '_')}_`;
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    const rest = name.slice(prefix.length);
    const [, channel, what] = /^(.+)_(BIND|CONNECT|SUBSCRIBE|REPLIES)$/.exec(rest) ?? [];
    if (rest.startsWith('SETTING_')) {
      settings[rest.slice('SETTING_'.length).toLowerCase()] = value;
    } else if (rest === 'LOG_LEVEL') {
      level = levelOf(value);
    } else if (channel === 'CONTROL') {
      control[what!.toLowerCase()] = listOf(value);
    } else if (channel !== undefined) {
      const own = channel.toLowerCase();
      const before = channels[own] ?? { options: {} };
      channels[own] = { ...before, [what!.toLowerCase()]: listOf(value) };
    }
  }
  const log = logOf(sections, logHandler);
  return { settings, channels, control, log: level === undefined ? log : { ...log, level } };
}

/** The declaration of the channel `name` of the daemon class `daemon`, with what `config` sets for it. */
export function configured(
  declaration: ChannelDeclaration,
  config: Config,
  daemon: string,
  name: string,
): ChannelDeclaration {
  let result = declaration;
  // Names in the environment are in capitals, so there `_` may stand for `-`, too.
  for (const key of [name.toLowerCase().replace(/-/g, '_'), name, `${daemon}:${name}`]) {
    const own = config.channels[key];
    if (own === undefined) continue;
    const { bind, connect, subscribe, options } = own;
    // One file serves both the daemon that binds a channel and the one that connects to it.
    result = {
      ...result,
      ...(bind !== undefined && declaration.bind !== undefined && { bind }),
      ...(connect !== undefined && declaration.connect !== undefined && { connect }),
      ...(subscribe !== undefined && declaration.type === 'sub' && { subscribe }),
      options: { ...result.options, ...options },
    };
  }
  return result;
}

/** A section of the file, or all sections by name. The keys listed here are those that have a meaning of their own. */
interface Section {
  readonly [name: string]: unknown;
  readonly args?: unknown;
  readonly class?: unknown;
  readonly endpoint?: unknown;
  readonly format?: unknown;
  readonly formatter?: unknown;
  readonly handlers?: unknown;
  readonly key?: unknown;
  readonly level?: unknown;
  readonly stream?: unknown;
  readonly use?: unknown;
}

function readSections(path: string): Section {
  try {
    const text = readFileSync(path, 'utf8');
    return path.endsWith('.json') ? fromJson(JSON.parse(text)) : parseIni(text);
  } catch (error) {
    throw new ConfigError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** `{ app, channels: { job }, control, log }` in the form that an INI file has. */
function fromJson(json: unknown): Section {
  if (typeof json !== 'object' || json === null) throw new ConfigError('not an object');
  const { channels = {}, ...rest } = json as Section;
  const named = Object.entries(channels as Section);
  return { ...rest, ...Object.fromEntries(named.map(([name, own]) => [`channel:${name}`, own])) };
}

function section(sections: Section, name: string): Section | undefined {
  const found = sections[name];
  return typeof found === 'object' && found !== null ? (found as Section) : undefined;
}

function channelOf({ bind, connect, subscribe, ...options }: Section): ChannelConfig {
  return {
    bind: bind === undefined ? undefined : texts(bind),
    connect: connect === undefined ? undefined : texts(connect),
    // `subscribe =` subscribes to everything.
    subscribe: subscribe === '' ? [''] : subscribe === undefined ? undefined : texts(subscribe),
    options: Object.fromEntries(
      Object.entries(options).map(([name, value]) => [name, optionOf(value)]),
    ),
  };
}

function optionOf(value: unknown): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : listOf(String(value));
}

function logOf(sections: Section, only: string | undefined): LogConfig {
  const json = section(sections, 'log');
  const root = section(sections, 'logger_root') ?? {};
  const names = only === undefined ? texts(json?.use ?? root.handlers ?? []) : [only];
  const given = section(json ?? {}, 'handlers') ?? {};
  const handlers = names.map((name) => handlerOf(sections, given, name));
  const level = levelOf(json?.level ?? root.level ?? DEFAULT_LOG.level);
  if (handlers.length > 0) return { level, handlers };
  const all = Object.keys(given).map((name) => handlerOf(sections, given, name));
  return { level, handlers: all.length > 0 ? all : DEFAULT_LOG.handlers };
}

function handlerOf(sections: Section, given: Section, name: string): LogHandlerConfig {
  const ini = section(sections, `handler_${name}`);
  const json = section(given, name);
  if (json !== undefined) {
    const { kind, target, key, level, format } = json as unknown as LogHandlerConfig;
    return { kind, target, key, level: level && levelOf(level), format };
  }
  if (ini === undefined) throw new ConfigError(`no log handler "${name}"`);
  const kind = String(ini.class).split('.').at(-1);
  // `args = ('/var/log/x.log',)`, `args = (sys.stderr,)`: the first of a Python tuple.
  const [, first = ''] = /^\(?\s*["']?([^"',)]*)/.exec(String(ini.args ?? '')) ?? [];
  const formatter = section(sections, `formatter_${ini.formatter}`);
  const common = {
    level: ini.level === undefined ? undefined : levelOf(ini.level),
    format: formatter?.format as string | undefined,
  };
  switch (kind) {
    case 'StreamHandler': {
      const stream = String(ini.stream ?? (first || 'sys.stderr'));
      return { kind: stream.endsWith('stdout') ? 'stdout' : 'stderr', ...common };
    }
    case 'FileHandler':
    case 'WatchedFileHandler':
      return { kind: 'file', target: first, ...common };
    case 'ZMQHandler': {
      const key = ini.key as string | undefined;
      return { kind: 'zmq', target: String(ini.endpoint ?? first), key, ...common };
    }
    case 'NullHandler':
      return { kind: 'null', ...common };
    default:
      throw new ConfigError(
        `log handler "${name}": class "${ini.class}", expected StreamHandler, FileHandler, WatchedFileHandler, ZMQHandler or NullHandler`,
      );
  }
}

function levelOf(value: unknown): LogLevel {
  const text = String(value).toUpperCase();
  if (text === 'NOTSET') return 'DEBUG';
  if (text === 'WARN') return 'WARNING';
  if (text === 'CRITICAL' || text === 'FATAL') return 'ERROR';
  if ((LEVELS as readonly string[]).includes(text)) return text as LogLevel;
  throw new ConfigError(`no log level "${value}"`);
}
