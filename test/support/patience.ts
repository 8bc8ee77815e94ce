/**
 * How long a test waits for what must come, in milliseconds: only what hangs reaches it. A machine with many times more work than
 * cores takes a minute to start a program that starts in one second elsewhere.
 */
export const PATIENCE = 120_000;
