// Bundles the pages' modules and style sheet into the folder given as argument, each also brotli-compressed, and lists them
// in manifest.json. Modules share chunks, so that the chart library is loaded only by the pages that draw with it.
import { build } from 'esbuild';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const output = process.argv[2];
if (!output) {
  console.error('Name the folder to bundle into: node bundle.mjs DIR');
  process.exit(1);
}

await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
await build({
  entryPoints: ['page', 'overview', 'assets', 'signals', 'sources', 'devices', 'evidence', 'asking', 'sharing', 'train', 'predictor', 'inspect', 'classify', 'lab'].map((name) => `client/${name}.ts`).concat('client/dure.css', 'client/chart.css'),
  outdir: output,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  minify: true,
  legalComments: 'inline',
  logLevel: 'warning',
});

const files = (await readdir(output)).sort();
const manifest = [];
for (const name of files) {
  const content = await readFile(join(output, name));
  const compressed = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } });
  await writeFile(join(output, `${name}.br`), compressed);
  manifest.push({ name, bytes: content.length, compressed: compressed.length });
}
await writeFile(join(output, 'manifest.json'), JSON.stringify(manifest, null, 2));
