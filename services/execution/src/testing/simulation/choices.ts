/** Every choice of a run, taken from a list that can be replayed and shrunk; once it is used up, always the first. */
export class Choices {
  private at = 0;

  constructor(private readonly numbers: readonly number[]) {}

  get exhausted(): boolean {
    return this.at >= this.numbers.length;
  }

  /** 0 to `bound` - 1. */
  below(bound: number): number {
    const number = this.numbers[this.at] ?? 0;
    this.at += 1;
    return number % bound;
  }

  /** True about once in `times`; never once the list is used up. */
  onceIn(times: number): boolean {
    return this.below(times) === times - 1;
  }

  pick<T>(values: readonly T[]): T | undefined {
    return values.length === 0 ? undefined : values[this.below(values.length)];
  }
}
