// Runs an ONNX model with onnxruntime, one row at a time, carrying the state from each row to the next.
// Usage: node run-onnx.mjs MODEL < rows.ndjson     (each line: an array of numbers, null for one that is missing; the first may be {"state": [...]}, where to begin; or {"image": [...], "dims": [...]} each)
// Prints one line per row: {"score": n, "contributions": [n, ...]} of a detector, {"prediction": [n, ...]} of what learnt a table
import * as ort from 'onnxruntime-node'
import { createInterface } from 'node:readline'

const session = await ort.InferenceSession.create(process.argv[2], { logSeverityLevel: 3 })
const typed = (values, type) => type === 'float64' ? Float64Array.from(values) : Float32Array.from(values)
const typeOf = name => session.inputMetadata?.find?.(input => input.name === name)?.type ?? 'float64'
let state = null
for await (const line of createInterface({ input: process.stdin })) {
  const parsed = JSON.parse(line)
  const values = Array.isArray(parsed) ? parsed.map(value => value ?? NaN) : parsed
  if (values.state) {
    state = new ort.Tensor(typeOf('state'), typed(values.state, typeOf('state')), [1, values.state.length])
    continue
  }
  const feeds = values.image ? { image: new ort.Tensor('float32', Float32Array.from(values.image), values.dims) } : { x: new ort.Tensor(typeOf('x'), typed(values, typeOf('x')), [1, values.length]) }
  if (session.inputNames.includes('state')) {
    feeds.state = state ?? new ort.Tensor(typeOf('state'), typed(new Array(values.length).fill(0), typeOf('state')), [1, values.length])
  }
  const result = await session.run(feeds)
  state = result.state_next ?? null
  if (result.prediction) {
    process.stdout.write(JSON.stringify({ prediction: Array.from(result.prediction.data, Number) }) + '\n')
    continue
  }
  process.stdout.write(JSON.stringify({ score: Number(result.score.data[0]), contributions: Array.from(result.contributions?.data ?? [], Number) }) + '\n')
}
