/** Flags: those of this process that a program of its own in another thread or process should have, too. */

/**
 * `execArgv` without what is meant for this process alone: a script on the command line, and the inspector. Loaders
 * stay.
 */
export function inheritedFlags(execArgv: readonly string[] = process.execArgv): string[] {
  const flags: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const flag = execArgv[i]!;
    if (/^(-e|-p|-pe|--eval|--print)$/.test(flag)) i++;
    else if (!/^(--eval=|--print=|--input-type|--inspect|--test)/.test(flag)) flags.push(flag);
  }
  return flags;
}
