// Prints, as one JSON line per row group's worth of rows, what hyparquet reads from a Parquet file.
// Usage: node read-parquet.mjs FILE
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

const file = await asyncBufferFromFile(process.argv[2])
const metadata = await parquetMetadataAsync(file)
const total = Number(metadata.num_rows)
const step = 5000
const plain = (_, value) => typeof value === 'bigint' ? Number(value) : value
for (let rowStart = 0; rowStart < total; rowStart += step) {
  const rows = await parquetReadObjects({ file, compressors, metadata, rowStart, rowEnd: Math.min(rowStart + step, total) })
  for (const row of rows) {
    if (row.time instanceof Date) row.time = row.time.getTime()
    process.stdout.write(JSON.stringify(row, plain) + '\n')
  }
}
