// Where the official schemas are: above the checkout, or where DURE_DSP_SCHEMAS says.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const HERE = dirname(fileURLToPath(import.meta.url))
export const SCHEMAS = process.env.DURE_DSP_SCHEMAS ?? above(HERE, join('shared', 'spec', 'dsp'))
export const skip = SCHEMAS === undefined ? 'the folder shared/spec/dsp is not above this checkout' : false

/** @param {string} folder @param {string} wanted @returns {string | undefined} */
function above(folder, wanted) {
  const found = join(folder, wanted)
  return existsSync(found) ? found : folder === dirname(folder) ? undefined : above(dirname(folder), wanted)
}
