// Builds the federated extension: one script that takes JupyterLab's modules from its share scope.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const out = 'nbprod_lab/labextension';
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const shared = /^(@jupyterlab|@jupyter|@lumino|@codemirror)\//;
const names = new Set();

const fromShareScope = {
  name: 'share-scope',
  setup(bundler) {
    bundler.onResolve({ filter: shared }, ({ path }) => {
      names.add(path);
      return { path, namespace: 'shared' };
    });
    bundler.onLoad({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({
      contents: `module.exports = globalThis.__nbprodShared[${JSON.stringify(path)}];`,
      loader: 'js'
    }));
  }
};

const done = await build({
  entryPoints: ['src/plugin.ts'],
  bundle: true,
  format: 'iife',
  globalName: '__nbprodPlugin',
  target: 'es2021',
  minify: true,
  write: false,
  loader: { '.css': 'text' },
  plugins: [fromShareScope]
});
const container = readFileSync('src/container.js', 'utf8')
  .replace('/* NAMES */ []', JSON.stringify([...names].sort()))
  .replace('/* PLUGIN */', () => done.outputFiles[0].text);
const digest = createHash('sha256').update(container).digest('hex').slice(0, 16);
const load = `static/remoteEntry.${digest}.js`;

rmSync(out, { recursive: true, force: true });
mkdirSync(`${out}/static`, { recursive: true });
writeFileSync(`${out}/${load}`, container);
cpSync('schema', `${out}/schemas/${manifest.name}`, { recursive: true });
const described = {
  ...manifest,
  jupyterlab: { ...manifest.jupyterlab, _build: { load, extension: './extension' } }
};
delete described.dependencies;
delete described.devDependencies;
delete described.scripts;
writeFileSync(`${out}/package.json`, JSON.stringify(described, null, 2) + '\n');
console.log(`${out}/${load}: ${container.length} bytes, ${names.size} shared modules`);
