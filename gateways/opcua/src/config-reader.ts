import { readFileSync } from 'node:fs';
import { Problem } from './problem.ts';

/** Reads a JSON object field by field, and says of each wrong one which it is and what belongs there. */
export class ObjectReader {
  private readonly seen = new Set<string>();

  constructor(
    private readonly values: Record<string, unknown>,
    readonly file: string,
    readonly path: string,
  ) {}

  static from(value: unknown, file: string, path: string): ObjectReader {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Problem(`${path || 'The whole file'} must be an object`, file, 'write it as { "name": value, … }');
    return new ObjectReader(value as Record<string, unknown>, file, path);
  }

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  text(name: string, otherwise?: string): string {
    const value = this.take(name);
    if (value === undefined && otherwise !== undefined) return otherwise;
    if (typeof value !== 'string' || value.length === 0) throw this.wrong(name, value, 'a text');
    return value;
  }

  /** A text, or where it was left out, nothing. */
  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  number(name: string, lowest: number, highest: number, otherwise?: number): number {
    const value = this.take(name);
    if (value === undefined && otherwise !== undefined) return otherwise;
    if (typeof value !== 'number' || !(value >= lowest && value <= highest))
      throw this.wrong(name, value, `a number from ${lowest} to ${highest}`);
    return value;
  }

  whole(name: string, lowest: number, highest: number, otherwise?: number): number {
    const value = this.number(name, lowest, highest, otherwise);
    if (!Number.isInteger(value)) throw this.wrong(name, value, `a whole number from ${lowest} to ${highest}`);
    return value;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.take(name) ?? otherwise;
    if (typeof value !== 'boolean') throw this.wrong(name, value, 'true or false');
    return value;
  }

  oneOf<T extends string>(name: string, choices: readonly T[], otherwise?: T): T {
    const value = this.take(name) ?? otherwise;
    if (!choices.includes(value as T)) throw this.wrong(name, value, `one of ${choices.join(', ')}`);
    return value as T;
  }

  texts(name: string): string[] {
    return this.list(name, (value, path) => {
      if (typeof value !== 'string' || value.length === 0) throw this.problem(path, value, 'a text');
      return value;
    });
  }

  list<T>(name: string, read: (value: unknown, path: string) => T, highest = 100_000): T[] {
    const value = this.take(name) ?? [];
    if (!Array.isArray(value) || value.length > highest) throw this.wrong(name, value, `a list of at most ${highest}`);
    return value.map((entry, index) => read(entry, `${this.at(name)}[${index}]`));
  }

  object<T>(name: string, read: (inner: ObjectReader) => T): T {
    return read(ObjectReader.from(this.take(name) ?? {}, this.file, this.at(name)));
  }

  optionalObject<T>(name: string, read: (inner: ObjectReader) => T): T | undefined {
    return this.has(name) ? this.object(name, read) : undefined;
  }

  /**
   * A password comes from the environment or from a file of its own, never from the configuration: that file gets
   * copied, mailed and committed.
   */
  secret(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const mend = 'write { "env": "NAME_OF_VARIABLE" } or { "file": "/path/of/a/file" }';
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Problem(`${this.at(name)} must not hold the secret itself`, this.file, mend);
    const inner = ObjectReader.from(value, this.file, this.at(name));
    const [variable, file] = [inner.optionalText('env'), inner.optionalText('file')];
    inner.finish();
    if ((variable === undefined) === (file === undefined))
      throw new Problem(`${this.at(name)} must name one place`, this.file, mend);
    return variable === undefined ? this.secretFile(name, file!) : this.secretVariable(name, variable);
  }

  /** Says no to a name nobody reads: it is a slip of the pen, and would otherwise be a setting that silently does nothing. */
  finish(): void {
    const unknown = Object.keys(this.values).find((name) => !this.seen.has(name));
    if (unknown !== undefined)
      throw new Problem(`${this.at(unknown)} is not a setting`, this.file, `the settings here are ${[...this.seen].sort().join(', ')}`);
  }

  wrong(name: string, value: unknown, wanted: string): Problem {
    return this.problem(this.at(name), value, wanted);
  }

  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  private take(name: string): unknown {
    this.seen.add(name);
    return this.values[name];
  }

  private problem(path: string, value: unknown, wanted: string): Problem {
    const found = value === undefined ? 'is missing' : `is ${shorten(JSON.stringify(value))}`;
    return new Problem(`${path} ${found}`, this.file, `give ${wanted}`);
  }

  private secretVariable(name: string, variable: string): string {
    const value = process.env[variable];
    if (value === undefined)
      throw new Problem(`${this.at(name)}: the environment has no ${variable}`, this.file, `set ${variable} before starting the gateway`);
    return value;
  }

  private secretFile(name: string, file: string): string {
    try {
      return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      throw new Problem(`${this.at(name)}: ${file} cannot be read (${(error as Error).message})`, this.file, 'make the file, readable by the gateway alone');
    }
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
