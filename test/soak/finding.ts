/** Finding: what one part of the soak has to say. */

export interface Finding {
  readonly title: string;
  readonly lines: readonly string[];
  readonly good: boolean;
}
