import type { RawSession } from '../server/services.ts';
import type { Result } from './config.ts';
import type { Outcome } from './ledger.ts';
import { readUnits, readValues } from './nodes.ts';
import { readValue, type Value } from './values.ts';

/** Reads the results that stand in variables and joins those known already. One that is missing, of another kind, unit or range makes a failure. */
export async function readResults(session: RawSession, results: Result[], nodeOf: (result: Result) => string | undefined, known: Record<string, Value>): Promise<Outcome> {
  const gathered: Record<string, Value> = { ...known };
  const wanted = results.filter(({ name }) => !Object.hasOwn(known, name));
  const nodes = wanted.map(nodeOf);
  const missing = wanted.find((_, index) => nodes[index] === undefined);
  if (missing !== undefined) return { status: 'failed', cause: `The device gave no result '${missing.name}'.` };
  const places = nodes as string[];
  const [values, units] = await Promise.all([readValues(session, places), readUnits(session, places)]);
  for (const [index, result] of wanted.entries()) {
    const unit = units[index];
    if (unit !== undefined && result.deviceUnit !== unit) return { status: 'failed', cause: `The device's result '${result.name}' is in '${unit}', expected is '${result.deviceUnit}'.` };
    const read = readValue(result, values[index]!);
    if (typeof read === 'string') return { status: 'failed', cause: `The device's result '${result.name}' ${read}.` };
    gathered[result.name] = read;
  }
  return { status: 'done', results: gathered };
}
