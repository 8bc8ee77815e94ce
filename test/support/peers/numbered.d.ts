/** What a receiver of numbered messages found. */
export interface Summary {
  readonly count: number;
  readonly bad: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly gaps: number;
  readonly sources: Record<
    string,
    { readonly first: number; readonly last: number; readonly count: number }
  >;
}

export declare function noise(size: number, seed?: number, number?: number): Buffer;
export declare function numbered(
  source: string,
  number: number,
  size?: number,
  seed?: number,
): [Buffer, Buffer, string];
export declare class Tally {
  readonly count: number;
  add(parts: readonly Buffer[]): number;
  summary(): Summary;
}
