// Bundles our own files; what comes from npm stays where npm put it.
import { readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
const shared = { bundle: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm', sourcemap: true, logLevel: 'warning' };
await build({ ...shared, entryPoints: ['src/main.ts'], outdir: 'dist', splitting: true, banner: { js: '#!/usr/bin/env node' } });
// Programs that tests in another language start.
const programs = ['plant.ts', 'listen.ts', 'reactor.ts'];
const tests = readdirSync('test').filter((file) => file.endsWith('.test.ts') || programs.includes(file));
await build({ ...shared, entryPoints: tests.map((file) => `test/${file}`), outdir: 'dist/test' });
