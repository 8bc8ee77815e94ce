/** HubLog: the log of a hub, in lines for people or for programs. */

import { Seldom } from '../base/seldom.ts';
import type { Hub } from '../layer/index.ts';
import { showLine } from './format.ts';

export const FORMATS = ['text', 'json', 'none'] as const;

type Fields = Readonly<Record<string, unknown>>;

export class HubLog {
  readonly #format: (typeof FORMATS)[number];
  readonly #write: (line: string) => void;
  readonly #often = new Seldom(10_000);

  constructor(format: (typeof FORMATS)[number], write: (line: string) => void) {
    this.#format = format;
    this.#write = write;
  }

  info(text: string, fields?: Fields): void {
    this.#say('info', text, fields);
  }

  warning(text: string, fields?: Fields): void {
    this.#say('warning', text, fields);
  }

  /** Logs the events of `hub`; those that may be frequent, in one line every 10 seconds for each channel. */
  watch({ events }: Hub): void {
    events.on('peer:join', ({ peer }) => this.info('process joined', { peer }));
    events.on('peer:leave', ({ peer }) => this.info('process left', { peer }));
    events.on('lost', ({ count, why }) => this.warning('messages lost', { count, why }));
    events.on('undecodable', ({ from, count, error }) =>
      this.warning('unreadable', { from: from || '?', count, error: error.message }),
    );
    events.on('refused', ({ address, count, error }) => {
      const { code, status, message } = error;
      this.warning('refused', { at: address, count, reason: status ?? code, error: message });
    });
    events.on('denied', ({ from, action, name, count }) =>
      this.warning('not allowed', { peer: from, action, name, count }),
    );
    events.on('full', ({ channel }) => this.#seldom('channel full', channel, 1));
    events.on('skipped', ({ group, channels }) =>
      this.#seldom('members full', group, channels.length),
    );
    events.on('expired', ({ channel, count }) => this.#seldom('expired unread', channel, count));
  }

  #seldom(text: string, channel: string, count: number): void {
    const due = this.#often.due(`${text} ${channel}`, performance.now(), count);
    if (due > 0) this.warning(text, { channel, count: due });
  }

  #say(level: 'info' | 'warning', text: string, fields: Fields = {}): void {
    if (this.#format === 'none') return;
    const time = new Date().toISOString();
    if (this.#format === 'json') {
      // JSON leaves some control characters as they are, which a terminal may obey.
      this.#write(showLine(JSON.stringify({ time, level, text, ...fields })));
      return;
    }
    const shown = Object.entries(fields).map(([name, value]) => showLine(`${name}=${value}`));
    const mark = level === 'info' ? '' : `${level}: `;
    const clock = time.replace('T', ' ').replace('Z', '');
    this.#write([`${clock} hub ${mark}${text}`, ...shown].join('  '));
  }
}
