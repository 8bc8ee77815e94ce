/** Turns: how often the event loop comes round while a loop of calls runs. */

/** What a program does with a message: computing, for a fifth of a millisecond. */
export function work(milliseconds = 0.2): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** How often the event loop comes round while `loop` runs. */
export async function turnsDuring(loop: () => Promise<void>): Promise<number> {
  let [count, over] = [0, false];
  const next = (): void => {
    count++;
    if (!over) setImmediate(next);
  };
  setImmediate(next);
  await loop();
  over = true;
  return count;
}
