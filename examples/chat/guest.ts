/** Guest: one visitor of the chat, between its WebSocket and its own channel of the layer. */

import type { WebSocket } from 'ws';
import type { ChannelLayer } from 'zeromq-pure/layer';

/** What happens in a room: to every guest in it, through the layer, and on to their pages. */
export interface News {
  readonly type: 'entered' | 'said' | 'left';
  readonly room: string;
  readonly name: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A request of a page. */
type Wish =
  | { readonly type: 'enter'; readonly room: string; readonly name: string }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'leave' };

/** A guest is in one room at a time. What it asks for is done in turn. */
export class Guest {
  readonly #socket: WebSocket;
  readonly #layer: ChannelLayer<News>;
  readonly #channel: string;
  readonly #gone = new AbortController();
  #room: string | undefined;
  #name = '';
  #busy: Promise<void> = Promise.resolve();

  private constructor(socket: WebSocket, layer: ChannelLayer<News>, channel: string) {
    this.#socket = socket;
    this.#layer = layer;
    this.#channel = channel;
  }

  /** Serves the socket until it is closed. */
  static async welcome(socket: WebSocket, layer: ChannelLayer<News>): Promise<void> {
    // Without a listener, requests of a quick page would be lost meanwhile.
    socket.pause();
    const guest = new Guest(socket, layer, await layer.newChannel('guest'));
    const served = new Promise<void>((resolve) => {
      socket.on('close', () => {
        guest.#gone.abort();
        guest.#next(() => guest.#leave());
        guest.#busy.then(resolve);
      });
    });
    // Emitted for a frame that is too large, for example; `close` follows.
    socket.on('error', () => {});
    socket.on('message', (data) => guest.#next(() => guest.#do(wishOf(String(data)))));
    socket.resume();
    await Promise.all([guest.#passOn(), served]);
  }

  /** Passes messages of the channel to the page. A page that reads slowly fills its own channel, and misses further messages. */
  async #passOn(): Promise<void> {
    for await (const news of this.#layer.messages(this.#channel, { signal: this.#gone.signal })) {
      await this.#tell(news);
    }
  }

  /** Settles when the text is written, or the socket has failed. */
  #tell(told: News | { type: 'refused'; text: string }): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.send(JSON.stringify(told), () => resolve());
    });
  }

  #next(step: () => Promise<void>): void {
    this.#busy = this.#busy
      .then(step)
      .catch((error: Error) => this.#tell({ type: 'refused', text: error.message }));
  }

  async #do(wish: Wish): Promise<void> {
    if (wish.type === 'leave') return this.#leave();
    if (wish.type === 'say') {
      if (this.#room === undefined) throw new Error('enter a room first');
      return this.#publish(this.#room, 'said', wish.text);
    }
    await this.#leave();
    // The layer's error says what is wrong with the name of a group.
    await this.#layer.groupAdd(wish.room, this.#channel);
    this.#room = wish.room;
    this.#name = wish.name;
    await this.#publish(wish.room, 'entered');
  }

  async #leave(): Promise<void> {
    const room = this.#room;
    if (room === undefined) return;
    this.#room = undefined;
    await this.#layer.groupDiscard(room, this.#channel);
    await this.#publish(room, 'left');
    if (!this.#gone.signal.aborted) await this.#tell(this.#news(room, 'left'));
  }

  #publish(room: string, type: News['type'], text = ''): Promise<void> {
    return this.#layer.groupSend(room, this.#news(room, type, text));
  }

  #news(room: string, type: News['type'], text = ''): News {
    return { type, room, name: this.#name, text, at: Date.now() };
  }
}

/** Parses what a page sends to a wish, or refuses it. */
function wishOf(data: string): Wish {
  let wish: Partial<Record<'type' | 'room' | 'name' | 'text', unknown>> | null;
  try {
    wish = JSON.parse(data);
  } catch {
    throw new Error('expected JSON');
  }
  const { type, room, name, text } = wish ?? {};
  if (type === 'leave') return { type };
  if (type === 'say' && within(text, 1_000)) return { type, text };
  if (type === 'enter' && within(room, 100) && within(name, 40)) return { type, room, name };
  throw new Error('expected enter with room and name, say with text, or leave');
}

function within(text: unknown, length: number): text is string {
  return typeof text === 'string' && text.trim() !== '' && text.length <= length;
}
