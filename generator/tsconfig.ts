// Which extension the project's TypeScript wants on a relative import, read from its tsconfig.json. Own reader of a few
// keys, because loading a compiler to ask would cost every run 0.4 s. What must hold: an unreadable tsconfig is never an
// error of ours; it counts as absent, and tsc will say what is wrong with it.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { ImportExtension } from './emit/imports.js';

interface CompilerOptions {
  readonly module?: string;
  readonly moduleResolution?: string;
  readonly allowImportingTsExtensions?: boolean;
  readonly rewriteRelativeImportExtensions?: boolean;
}

interface TsConfig {
  readonly extends?: string | readonly string[];
  readonly references?: readonly { readonly path?: string }[];
  readonly files?: readonly unknown[];
  readonly compilerOptions?: CompilerOptions;
}

/**
 * The extension for modules of a folder: `.ts` where the project imports sources by their own name; `.js` where Node may
 * load the compiled module as ESM, which completes no names; none where what reads it is `require` or a bundler.
 */
export function importExtension(folder: string): ImportExtension {
  const file = nearest(folder, 'tsconfig.json');
  if (file === null) return '.js';
  const options = projectOptions(file);
  const module = options.module?.toLowerCase() ?? '';
  if (options.allowImportingTsExtensions === true || options.rewriteRelativeImportExtensions === true) return '.ts';
  if (isNodeStyle(options.moduleResolution?.toLowerCase() ?? module)) return '.js';
  return module !== 'commonjs' && isModulePackage(folder) ? '.js' : '';
}

/** `nodenext`, `node16` and later ones; `node` and `node10` are of another kind. */
function isNodeStyle(resolution: string): boolean {
  return resolution === 'nodenext' || /^node(1[6-9]|[2-9]\d)$/.test(resolution);
}

/** Whether Node takes the `.js` files of the folder for ESM. */
function isModulePackage(folder: string): boolean {
  const file = nearest(folder, 'package.json');
  return file !== null && (readJson(file) as { type?: unknown } | null)?.type === 'module';
}

/** A config of references only, as some templates make it, speaks through the first of them. */
function projectOptions(file: string): CompilerOptions {
  const config = readConfig(file);
  const reference = config.references?.[0]?.path;
  if (reference === undefined || config.files?.length !== 0) return optionsOf(file, 0);
  const target = resolve(dirname(file), reference);
  return optionsOf(target.endsWith('.json') ? target : join(target, 'tsconfig.json'), 0);
}

const DEEPEST = 16;

/** With what it extends; what comes later wins. */
function optionsOf(file: string, depth: number): CompilerOptions {
  if (depth > DEEPEST) return {};
  const { extends: bases = [], compilerOptions } = readConfig(file);
  const inherited = [bases].flat().map((base) => {
    const found = baseFile(base, file);
    return found === null ? {} : optionsOf(found, depth + 1);
  });
  return Object.assign({}, ...inherited, compilerOptions) as CompilerOptions;
}

/** Where a config that is extended lies: relative, absolute, or in a package. */
function baseFile(base: string, from: string): string | null {
  if (/^\.{0,2}\//.test(base)) {
    const path = resolve(dirname(from), base);
    return [path, `${path}.json`].find((one) => existsSync(one) && one.endsWith('.json')) ?? null;
  }
  const require = createRequire(from);
  for (const name of [base, `${base}.json`, `${base}/tsconfig.json`]) {
    try {
      const found = require.resolve(name);
      if (found.endsWith('.json')) return found;
    } catch {
      // the next way of naming it
    }
  }
  return null;
}

function readConfig(file: string): TsConfig {
  const config = readJson(file);
  return typeof config === 'object' && config !== null ? config : {};
}

/** JSON with comments and trailing commas; null if it cannot be read. */
function readJson(file: string): unknown {
  try {
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    const bare = text.replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '$1');
    return JSON.parse(bare.replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, '$1'));
  } catch {
    return null;
  }
}

function nearest(folder: string, name: string): string | null {
  const file = join(folder, name);
  if (existsSync(file)) return file;
  return dirname(folder) === folder ? null : nearest(dirname(folder), name);
}
