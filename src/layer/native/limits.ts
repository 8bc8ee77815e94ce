/** Limits: how much processes may make a hub keep. Each is an option of the hub; a process that exceeds one is disconnected. */

/** Bounds of a hub; all have defaults. */
export interface HubLimits {
  /** Processes that the hub knows, connected or away. Default 10 000. */
  readonly processes: number;
  /** Of one process, each: groups, channels with readers, and memberships of channels that others read. Default 200 000. */
  readonly namesPerProcess: number;
  /** Memberships of ordinary channels, and of channels that another process has added, in all. Default 1 000 000. */
  readonly memberships: number;
  /** Octets handed to one process that it has not acknowledged to have received. Default 64 MiB. */
  readonly octetsPerProcess: number;
  /** Octets of the messages that the hub keeps in all channels; beyond it channels count as full. Default 256 MiB. */
  readonly octets: number;
  /** Milliseconds after a lost connection until unread messages of ordinary channels go to other processes. Default 2000. */
  readonly putBackTimeout: number;
  /** Milliseconds after a lost connection until the hub forgets the process. Default 60 000. */
  readonly resumeTimeout: number;
}

export const HUB_LIMITS: HubLimits = {
  processes: 10_000,
  namesPerProcess: 200_000,
  memberships: 1_000_000,
  octetsPerProcess: 67_108_864,
  octets: 268_435_456,
  putBackTimeout: 2000,
  resumeTimeout: 60_000,
};
