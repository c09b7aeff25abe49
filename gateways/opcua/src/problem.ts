/** Something a person has to mend: what is wrong, where, and what to do about it. */
export class Problem extends Error {
  readonly where: string;
  readonly mend: string;

  constructor(what: string, where: string, mend: string) {
    super(what);
    this.name = 'Problem';
    this.where = where;
    this.mend = mend;
  }

  override toString(): string {
    return `${this.message}\n  where: ${this.where}\n  mend:  ${this.mend}`;
  }
}

/** The words of whatever was thrown, on one line. */
export function wordsOf(error: unknown): string {
  if (error instanceof Problem) return `${error.message} (${error.where}); ${error.mend}`;
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s+/g, ' ').trim();
}
