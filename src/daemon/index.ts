/** The door `zeromq-pure/daemon`: long-running programs made of named sockets. */

export type {
  Channel,
  ChannelDeclaration,
  ChannelDeclarations,
  Channels,
  ChannelType,
  Handler,
  Handlers,
  OpenChannel,
  ReceivingType,
  SendingType,
} from './channel.ts';
export {
  type ChannelConfig,
  type Config,
  ConfigError,
  type ConfigSource,
  type ControlConfig,
  loadConfig,
} from './config.ts';
export {
  type ChannelStats,
  Daemon,
  type DaemonBase,
  type DaemonClass,
  type DaemonFlags,
  type DaemonSetup,
  type DaemonStats,
  daemon,
} from './daemon.ts';
export { type FlagDeclarations, type Flags, parseFlags } from './flags.ts';
export { formatRecord, type LogConfig, Logger, type LogHandlerConfig } from './log.ts';
export { LogReader, type LogReaderOptions } from './log-reader.ts';
export { decodeRecord, encodeRecord, type LogLevel, type LogRecord } from './log-record.ts';
export type { RestartPolicy } from './restart.ts';
export { type RunOptions, run } from './run.ts';
export { type Member, type RunAllOptions, runAll } from './run-all.ts';
export { Throttle } from './throttle.ts';
