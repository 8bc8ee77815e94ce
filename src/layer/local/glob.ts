/** Glob: patterns of names as Python's fnmatch has them, always case-sensitive. */

/** Whether a whole name matches `glob`: `*` is any text, `?` any character, `[a-z]` and `[!a-z]` one of a set. */
export function globMatcher(glob: string): (name: string) => boolean {
  const steps = stepsOf(glob);
  return (name) => matches(steps, name);
}

/** A test of one character, or `*` for any number of any characters. */
type Step = ((character: string) => boolean) | '*';

/**
 * After a mismatch the last star takes one character more: earlier ones need not, since what stands between two stars fits
 * best where it fits first. So the time is at most that of the lengths multiplied, however many stars there are.
 */
function matches(steps: readonly Step[], name: string): boolean {
  let at = 0;
  let star = -1;
  let starAt = 0;
  for (let i = 0; i < name.length; ) {
    const step = steps[at];
    if (step === '*') {
      star = at++;
      starAt = i;
    } else if (step?.(name[i]!)) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++starAt;
    } else return false;
  }
  while (steps[at] === '*') at++;
  return at === steps.length;
}

function stepsOf(glob: string): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < glob.length; i++) {
    const character = glob[i]!;
    if (character === '*') {
      if (steps.at(-1) !== '*') steps.push('*');
    } else if (character === '?') steps.push(() => true);
    else if (character === '[') {
      const start = i + 1 + (glob[i + 1] === '!' ? 1 : 0);
      // A bracket that comes first belongs to the set.
      const end = glob.indexOf(']', start + 1);
      if (end < 0) steps.push((other) => other === '[');
      else {
        const set = glob.slice(start, end).replaceAll(/[\\\]^[]/g, '\\$&');
        const one = new RegExp(`[${glob[i + 1] === '!' ? '^' : ''}${set}]`);
        steps.push((other) => one.test(other));
        i = end;
      }
    } else steps.push((other) => other === character);
  }
  return steps;
}
