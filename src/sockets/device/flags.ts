/** Flags: the flags of this process that a thread or process started from it inherits. */

/**
 * `execArgv` without the flags meant for this process alone: a script on the command line, the inspector and the test runner.
 * Loaders stay.
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
