/** Arguments: the command line of one subcommand, parsed and checked. */

import { parseArgs } from 'node:util';

/** An option on the command line. */
export interface Option {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  /** The placeholder of its value in the help: `N`. */
  readonly value?: string;
  readonly help: string;
}

/** Options by their names. */
export type OptionSet = Readonly<Record<string, Option>>;

/** A mistake on the command line, for the user to correct. */
export class UsageError extends Error {}

/** The given options, by name, and the words that belong to no option. */
export class Arguments {
  readonly positionals: readonly string[];
  #values: Readonly<Record<string, unknown>>;

  /** @throws UsageError for what `options` does not allow */
  constructor(args: readonly string[], options: OptionSet) {
    const config = Object.fromEntries(
      Object.entries(options).map(([name, { type, short, multiple = false }]) => [
        name,
        { type, multiple, ...(short !== undefined && { short }) },
      ]),
    );
    try {
      const parsed = parseArgs({ args: [...args], options: config, allowPositionals: true });
      this.#values = parsed.values;
      this.positionals = parsed.positionals;
    } catch (error) {
      throw new UsageError(
        (error as Error).message.split('\n')[0]!.replace(/\.( To specify.*)?$/, ''),
      );
    }
  }

  /** Takes from `others` the options that are not given here. Returns these arguments. */
  withDefaults(others: Arguments): this {
    this.#values = { ...others.#values, ...this.#values };
    return this;
  }

  /** Whether the option was given. */
  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  texts(name: string): readonly string[] {
    return (this.#values[name] as string[] | undefined) ?? [];
  }

  /**
   * The number given for `name`; undefined when the option was not given.
   * @throws UsageError for anything but a number of at least `least`
   */
  number(name: string, least = 0): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (text.trim() !== '' && number >= least && number <= Number.MAX_SAFE_INTEGER) return number;
    throw new UsageError(`--${name} must be a number from ${least} on, not "${text}"`);
  }

  /**
   * The whole number given for `name`; undefined when the option was not given.
   * @throws UsageError for anything but a whole number of at least `least`
   */
  count(name: string, least = 0): number | undefined {
    const number = this.number(name, least);
    if (number === undefined || Number.isInteger(number)) return number;
    throw new UsageError(`--${name} must be a whole number, not "${this.text(name)}"`);
  }

  /**
   * The word given for `name`; the first of `words` when the option was not given.
   * @throws UsageError for a word that is not one of `words`
   */
  choice<W extends string>(name: string, words: readonly [W, ...W[]]): W {
    const text = this.text(name) ?? words[0];
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new UsageError(`--${name} must be one of ${words.join(', ')}, not "${text}"`);
  }

  /** @throws UsageError when there are words that belong to no option */
  noPositionals(): void {
    const [first] = this.positionals;
    if (first !== undefined) throw new UsageError(`"${first}" is not expected here`);
  }
}
